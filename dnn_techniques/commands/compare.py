"""``compare``: compare finished runs, from their folders alone."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dnn_techniques.errors import InputError
from dnn_techniques.runs.experiments import ExperimentFile
from dnn_techniques.terminal import say

if TYPE_CHECKING:
    from dnn_techniques.results.run_sets import RunSet

HELP = "compare finished runs with the documents, or two sets of runs seed by seed"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "runs",
        nargs="*",
        help="a group, an experiment, a file or a folder of runs, to compare with the documents;"
        " two, to compare them seed by seed; default: every group with finished runs",
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Print the tables of one group or of all, or of two sets of runs.

    Raises:
        InputError: If there is no finished run.
    """
    from dnn_techniques.results.finished import find_groups

    out = Path(options.out)
    if len(options.runs) > 2:
        raise InputError(f"compare takes one or two sets of runs, got {len(options.runs)}")
    if len(options.runs) == 2:
        first, second = options.runs
        print_pairs(first, second, out)
        return
    where, groups = find_groups(options.runs[0] if options.runs else None, out)
    compared, errors = [], []
    for group in groups.values():
        try:
            compared.append(print_group(group, where, command))
        except InputError as error:
            errors.append(error)
    if errors:
        raise errors[0]  # after what can be compared
    if not any(compared):
        which = f" of {options.runs[0]}" if options.runs else ""
        make = options.runs[0] if options.runs else "<group>"
        raise InputError(f"no finished run{which} below {out}; make some: run {make}")


def print_group(experiments: Sequence[ExperimentFile], out: Path, command: str) -> bool:
    """Print the tables of a group's experiments that have runs; whether any has."""
    from dnn_techniques.results.replayed import has_replay
    from dnn_techniques.results.run_sets import has_finished_runs

    finished = [e for e in experiments if has_finished_runs(out, e.name)]
    replayed = [e for e in experiments if has_replay(out, e.name)]
    if finished:
        print_comparison(finished, out, command)
    if replayed:
        print_replays(replayed, out)
    return bool(finished or replayed)


def print_comparison(experiments: Sequence[ExperimentFile], out: Path, command: str) -> None:
    """Print the tables of a group, and write them into its folder with the curves."""
    from dnn_techniques.report.html.page import write_page
    from dnn_techniques.results.group_comparison import compare

    comparison = compare(experiments, out, command)
    folder = out / comparison.group
    write_page([comparison], out, folder / "summary.html", command, title=comparison.group)
    say(f"\n{comparison.text(short=True)}")
    say(f"{folder}: summary.md, summary.html, comparison.json, curves.png")


def print_replays(experiments: Sequence[ExperimentFile], out: Path) -> None:
    """Print how far the replayed runs of a group are from the printed figures."""
    from dnn_techniques.report.replay import replays_text

    say(f"\n{replays_text(experiments, out)}")


def print_pairs(first: str, second: str, out: Path) -> None:
    """Print the differences of two sets of runs, by experiment if there are several.

    Raises:
        InputError: If they have no experiment or no seed in common.
    """
    from dnn_techniques.results.paired import paired_table

    sets = _run_sets(first, out), _run_sets(second, out)
    if all(len(of_argument) == 1 for of_argument in sets):
        pairs = [(next(iter(sets[0].values())), next(iter(sets[1].values())))]
    else:
        common = [name for name in sets[0] if name in sets[1]]
        if not common:
            raise InputError(
                f"{first} and {second} have no experiment in common; name one of each, as"
                f" {next(iter(sets[0].values())).name}"
            )
        pairs = [(sets[0][name], sets[1][name]) for name in common]
    say(f"{first} minus {second}, runs of the same seed:")
    for pair in pairs:
        say(f"\n{paired_table(*pair)}".rstrip("\n"))


def _run_sets(argument: str, out: Path) -> dict[str, "RunSet"]:
    """The runs that an argument names, by the part of their names that follows it."""
    from dnn_techniques.results.finished import find_runs
    from dnn_techniques.results.run_sets import has_finished_runs, read_runs

    where, experiments = find_runs(argument, out)
    names = [e.name for e in experiments if has_finished_runs(where, e.name)]
    if not names:
        raise InputError(f"no finished run of {argument} below {out}; make some: run {argument}")
    folder = Path(argument).resolve()
    below = {name: (where / name).resolve() for name in names}
    return {
        path.relative_to(folder).as_posix() if path.is_relative_to(folder) else name: read_runs(
            where, name
        )
        for name, path in below.items()
    }
