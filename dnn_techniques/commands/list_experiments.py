"""``list``: every experiment, its claim and what the documents print."""

import argparse

from dnn_techniques.documents.documented import documented
from dnn_techniques.runs.experiments import all_experiments, name_of, select

HELP = "the experiments: their claims and documented figures"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("selection", nargs="?", help="group, experiment, file or folder")


def run(options: argparse.Namespace, command: str) -> None:
    """Print the experiments, by group.

    Raises:
        InputError: If there is none of that name.
    """
    group = None
    chosen = select(options.selection) if options.selection else all_experiments()
    by_file = {experiment.path: experiment for experiment in chosen}
    for experiment in by_file.values():
        if experiment.group != group:
            group = experiment.group
            print(f"{group}  (make exp-{group})")
        print(f"  {name_of(experiment.path):28s} {experiment.claim}")
        if experiment.documented:
            for edition, curves in documented(experiment.documented).curves.items():
                last = ", ".join(f"{k} {v[-1]:.4f}" for k, v in curves.items() if k[:4] == "val_")
                print(f"  {'':28s} documented, {edition}, epoch {curves['epoch'][-1]:g}: {last}")
