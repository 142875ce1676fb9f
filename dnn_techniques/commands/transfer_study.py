"""``transfer-study``: how often transfer learning helps, over all pairs of classes."""

import argparse
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.terminal import say

HELP = "how often transfer learning helps, over all pairs of Fashion MNIST's classes (hours)"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = "Given again, the command goes on where it was interrupted."
    parser.add_argument(
        "--pairs", nargs="+", default=[], metavar="PAIR", help="as 5-6 (default: all 45)"
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=20,
        help="least number of seeds, from 42 up (default 20); more that are there count too",
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[20, 200, 2000],
        metavar="SIZE",
        help="numbers of training images (default 20 200 2000)",
    )
    parser.add_argument("--jobs", type=int, help="processes (default: one a CPU)")
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    parser.add_argument("--page", help="the page (default <out>/transfer-study/transfer_study.md)")
    parser.add_argument(
        "--validation",
        type=int,
        default=5000,
        help="training images to set aside, as in the documents (default 5000)",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Make what is missing of the study, and write its page.

    Raises:
        InputError: If an option is out of range.
    """
    from dnn_techniques.files import check_writable
    from dnn_techniques.runs.pool import default_jobs
    from dnn_techniques.studies.transfer.page import write_page
    from dnn_techniques.studies.transfer.pair_study import FOLDER
    from dnn_techniques.studies.transfer.study import make_plan, study_pairs

    out = Path(options.out)
    page = Path(options.page or out / FOLDER / "transfer_study.md")
    check_writable(options.out)
    plan = make_plan(out, options.pairs, options.sizes, options.seeds, options.validation)
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, got {options.jobs}")
    check_writable(page.parent)
    study_pairs(plan, options.jobs or default_jobs(threads=1))
    say(f"\n{write_page(plan, page)}\nwritten to {page}")
