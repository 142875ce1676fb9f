"""``compare``: compare finished runs with the documents, from their folders alone."""

import argparse
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.study.experiments import all_experiments, select

HELP = "compare finished runs with the documents, from their folders alone"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("group", nargs="?", help="default: every group with finished runs")
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Print the tables of one group or of all.

    Raises:
        InputError: If there is no finished run.
    """
    from dnn_techniques.study.replayed import has_replay
    from dnn_techniques.study.runs import has_finished_runs

    out = Path(options.out)
    experiments = select(options.group) if options.group else all_experiments()
    groups = dict.fromkeys(e.group for e in experiments if has_finished_runs(out, e.name))
    replayed = dict.fromkeys(e.group for e in experiments if has_replay(out, e.name))
    if not groups and not replayed:
        which = f" of {options.group}" if options.group else ""
        raise InputError(
            f"no finished run{which} below {out}; make some: run {options.group or '<group>'}"
        )
    for group in groups:
        print_comparison(group, out, command)
    for group in replayed:
        print_replays(group, out)


def print_comparison(group: str, out: Path, command: str) -> None:
    """Print the tables of a group, and write them into its folder with the curves."""
    from dnn_techniques.study.compare import compare

    print(f"\n{compare(select(group), out, command)}")
    print(f"{out / group}: summary.md, comparison.json, curves.png")


def print_replays(group: str, out: Path) -> None:
    """Print how far the replayed runs of a group are from the printed figures."""
    from dnn_techniques.replay_report import replays_text

    print(f"\n{replays_text(select(group), out)}")
