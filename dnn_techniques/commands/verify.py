"""``verify``: check the files of run folders."""

import argparse
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.terminal import say

HELP = "check the files of runs: checksums, digests, weights"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "runs",
        nargs="*",
        help="run folders, folders of them, groups or experiments (default: all below --out)",
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Print what is known of each file, in a file or a pipe a line for each.

    Raises:
        InputError: If a file is damaged or changed, or there is no run.
    """
    from dnn_techniques.runs.verify import run_folders, verify_run

    files = bad = 0
    for name in options.runs or [options.out]:
        folder = Path(name) if Path(name).is_dir() else Path(options.out, name)
        folders = run_folders(folder)
        if not folders:
            raise InputError(f"{name}: no run folder there, nor below {options.out}")
        for run in folders:
            for verdict in verify_run(run):
                files += 1
                bad += not verdict.fine
                say(str(verdict), hang=4)
    if bad:
        raise InputError(f"{bad} of {files} files cannot be used")
