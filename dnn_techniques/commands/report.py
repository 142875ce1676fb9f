"""``report``: write a page of all groups with finished runs."""

import argparse
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.terminal import say

HELP = "write a page of all groups with finished runs, as Markdown or HTML"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "name",
        nargs="?",
        help="fashion_mnist (default); reuse: transfer; mnist: the notes; cifar10: exercise 8;"
        " chapter10; documents: every documented run and claim with its verdict, from the JSON"
        " files of the other pages; with --html what `compare` takes: a group, an experiment, a"
        " file or a folder of runs, with --replay a group or an experiment (default: all)",
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    parser.add_argument("--replay", action="store_true", help="the page of the replayed runs")
    parser.add_argument(
        "--html", action="store_true", help="one HTML file with curves to explore, for offline use"
    )
    parser.add_argument(
        "--page",
        help="the file (default runs/report/<name>.md, with --replay runs/report/replay.md, with"
        " --html runs/report/<name>.html or all.html)",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Write the page.

    Raises:
        InputError: If there is no such page, or no finished run for it.
    """
    if options.html:
        write_html(options, command)
        return
    from dnn_techniques.files import check_writable
    from dnn_techniques.report.chapter import write_report
    from dnn_techniques.report.documents import NAME, write_documents_page
    from dnn_techniques.report.replay import write_replay_page
    from dnn_techniques.runs.experiments import all_experiments, select

    name = "replay" if options.replay else options.name or "fashion_mnist"
    page = Path(options.page or f"runs/report/{name}.md")
    check_writable(page.parent)
    out = Path(options.out)
    if options.replay:
        replayed = select(options.name) if options.name else all_experiments()
        say(write_replay_page(replayed, out, page, command))
    elif name == NAME:
        say(write_documents_page(page, command))
    else:
        say(write_report(out, page, command, name))
    say(f"written to {page}")


def write_html(options: argparse.Namespace, command: str) -> None:
    """Write one HTML file of all groups, or of those that are named.

    Raises:
        InputError: If there is no finished run.
    """
    from dnn_techniques.files import check_writable
    from dnn_techniques.report.html.page import write_page
    from dnn_techniques.results.finished import find_groups
    from dnn_techniques.results.group_comparison import read_group
    from dnn_techniques.results.run_sets import has_finished_runs

    if options.replay:
        raise InputError("report --html shows no replayed runs; leave out --html or --replay")
    name = Path(options.name).stem if options.name else "all"
    page = Path(options.page or f"runs/report/{name}.html")
    check_writable(page.parent)
    out, groups = find_groups(options.name, Path(options.out))
    comparisons = [
        read_group(experiments, out)
        for experiments in groups.values()
        if any(has_finished_runs(out, e.name) for e in experiments)
    ]
    if not comparisons:
        which = f" of {options.name}" if options.name else ""
        raise InputError(f"no finished run{which} below {out}; make some: run <group>")
    write_page(comparisons, out, page, command, options.name or "All finished runs")
    say(f"written to {page}: open it in a browser")
