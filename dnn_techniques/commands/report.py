"""``report``: write a page of all groups with finished runs."""

import argparse
from pathlib import Path

from dnn_techniques.terminal import say

HELP = "write a page of all groups with finished runs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "name",
        nargs="?",
        default="fashion_mnist",
        help="fashion_mnist (default); reuse: transfer; mnist: the notes; cifar10: exercise 8;"
        " chapter10; documents: every documented run and claim with its verdict, from the JSON"
        " files of the other pages",
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    parser.add_argument("--replay", action="store_true", help="the page of the replayed runs")
    parser.add_argument(
        "--page",
        help="the file (default runs/report/<name>.md, with --replay runs/report/replay.md)",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Write the page."""
    from dnn_techniques.files import check_writable
    from dnn_techniques.report.chapter import write_report
    from dnn_techniques.report.documents import NAME, write_documents_page
    from dnn_techniques.report.replay import write_replay_page

    page = Path(options.page or f"runs/report/{'replay' if options.replay else options.name}.md")
    check_writable(page.parent)
    out = Path(options.out)
    if options.replay:
        say(write_replay_page(out, page, command))
    elif options.name == NAME:
        say(write_documents_page(page, command))
    else:
        say(write_report(out, page, command, options.name))
    say(f"written to {page}")
