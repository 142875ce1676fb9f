"""``list``: the experiments, whose claims they carry, what is printed, and what we found."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from dnn_techniques import terminal
from dnn_techniques.documents.documented import Documented, documented
from dnn_techniques.results.findings import Findings, read_findings, tally
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments, name_of, select

HELP = "the experiments and how long they take; of a group also whose claims, and what we found"
# Where the output is a file or a pipe.
WIDTH = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("selection", nargs="?", help="group, experiment, file or folder")


def run(options: argparse.Namespace, command: str) -> None:
    """Print the experiments, by group; of those that are selected all that is known.

    Raises:
        InputError: If there is none of that name.
    """
    group = None
    chosen = select(options.selection) if options.selection else all_experiments()
    findings = read_findings()
    files: dict[Path, list[ExperimentFile]] = {}
    for experiment in chosen:
        files.setdefault(experiment.path, []).append(experiment)
    for of_file in files.values():
        first = of_file[0]
        if first.group != group:
            group = first.group
            print(f"{group}  (make exp-{group})")
        title = f": {first.title}" if first.title else ""
        _print(f"{name_of(first.path)}{title}{took([e.name for e in of_file], findings)}", 2)
        if not options.selection:
            continue
        lines = [first.said] if first.claim else []
        if first.documented:
            lines += printed_figures(documented(first.documented))
        for line in lines + found([e.name for e in of_file], findings):
            _print(line, 4)
    if not options.selection:
        print("\nlist GROUP: whose claims, documented figures, and what we found")


def took(names: Sequence[str], findings: Findings) -> str:
    """How long a run of each of some experiments took, in parentheses; empty if not known."""
    seconds = [findings.seconds[name] for name in names if name in findings.seconds]
    if not seconds or len(seconds) < len(names):
        return ""
    total = sum(seconds)
    runs = f"{len(names)} runs, " if len(names) > 1 else ""
    return f" ({runs}{total:.0f} s)" if total < 60 else f" ({runs}{total / 60:.0f} min)"


def printed_figures(printed: Documented) -> list[str]:
    """The last figures that each edition prints: of validation where it prints any."""
    lines = []
    for edition in dict.fromkeys((*printed.curves, *printed.finished)):
        curves = {k: v for k, v in printed.curves.get(edition, {}).items() if k != "epoch"}
        validation = {k: v for k, v in curves.items() if k.startswith("val_")}
        last = {name: values[-1] for name, values in (validation or curves).items()}
        finished = printed.finished.get(edition, {})
        images = [name for name in finished if name.startswith("first image")]
        of_net = {name: value for name, value in finished.items() if name not in images}
        parts = []
        if last:
            epoch = printed.curves[edition]["epoch"][-1]
            parts.append(f"epoch {epoch:g}: {_values(last)}")
        if of_net:
            parts.append(f"finished net: {_values(of_net)}")
        if images:
            parts.append(f"first image: {len(images)} figures")
        lines.append(f"documented, {edition}, {'; '.join(parts)}")
    return lines


def found(names: Sequence[str], findings: Findings) -> list[str]:
    """The verdicts on the documented figures of some experiments, and on claims about them."""
    figures = [figure for name in names for figure in findings.figures.get(name, ())]
    lines = [f"found: documented figures {tally(figures)}"] if figures else []
    for claim in findings.claims:
        if not set(names).isdisjoint(claim.get("experiments", ())):
            seeds = f"n = {len(claim['effects'])}"
            lines.append(f"found: {claim['claim']}: {claim['verdict']} ({seeds})")
    return lines


def _values(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items())


def _print(text: str, indent: int) -> None:
    print("\n".join(terminal.wrap(" " * indent + text, terminal.width() or WIDTH, hang=4)))
