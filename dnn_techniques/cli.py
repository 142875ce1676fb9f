"""The command line: ``python -m dnn_techniques <command>``.

What takes seconds to import (torch, Lightning) is imported by the commands that need it, so that
`list` and `--help` answer at once.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from dnn_techniques.errors import InputError
from dnn_techniques.study.documented import documented
from dnn_techniques.study.experiments import all_experiments, select

TRAINER_COMMANDS = {
    "fit": "train one experiment: fit -c experiments/bn/before_activation.yaml",
    "validate": "validation figures of a checkpoint: validate -c FILE --ckpt_path FILE",
    "test": "test figures of a checkpoint",
    "predict": "classes that a checkpoint predicts for the test images",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status: 0, or 2 after one line about a bad input."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        options, rest = _parser().parse_known_args(args)
        if options.command in TRAINER_COMMANDS:
            from dnn_techniques.trainer_cli import run_trainer

            run_trainer(args)
        elif options.command == "find-lr":
            from dnn_techniques.find_lr import find_lr

            find_lr(args[1:])
        elif options.command == "run":
            _run(options, rest, shlex.join(["python", "-m", "dnn_techniques", *args]))
        elif rest:
            raise InputError(f"{options.command} has no option {rest[0]}; see --help")
        elif options.command == "list":
            _list()
        elif options.command == "data":
            _data(options)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="dnn_techniques",
        description="The techniques of training deep neural networks, compared with the documents.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("list", help="every experiment: its claim and documented figures")
    run = commands.add_parser(
        "run",
        help="train every experiment of a group, or one, and compare with the documents",
        allow_abbrev=False,
        epilog="Further options go to fit, for example --trainer.max_epochs 2.",
    )
    run.add_argument("selection", metavar="group[/name]")
    run.add_argument("--seeds", type=int, default=1, help="number of seeds, from 42 up (default 1)")
    run.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    data = commands.add_parser(
        "data", help="describe a data set and draw samples of it", allow_abbrev=False
    )
    data.add_argument("name", nargs="?", help="fashion_mnist (default), mnist, cifar10 or digits")
    data.add_argument("--root", "--data.root", help="folder of the archives")
    data.add_argument("--out", default="runs", help="folder of the picture (default runs)")
    find = "learning-rate range test of an experiment: find-lr -c FILE [--max_lr 10]"
    for name, help in {**TRAINER_COMMANDS, "find-lr": find}.items():
        # LightningCLI knows the options, --help included.
        commands.add_parser(name, help=help, add_help=False)
    return parser


def _list() -> None:
    group = None
    for experiment in all_experiments():
        if experiment.group != group:
            group = experiment.group
            print(f"{group}  (make exp-{group})")
        print(f"  {experiment.name:28s} {experiment.claim}")
        if experiment.documented:
            for edition, curves in documented(experiment.documented).curves.items():
                last = ", ".join(f"{k} {v[-1]:.4f}" for k, v in curves.items() if k[:4] == "val_")
                print(f"  {'':28s} documented, {edition}, epoch {curves['epoch'][-1]:g}: {last}")


def _run(options: argparse.Namespace, fit_args: list[str], command: str) -> None:
    experiments = select(options.selection)
    if options.seeds < 1:
        raise InputError(f"--seeds must be at least 1, got {options.seeds}")
    from dnn_techniques.study.compare import compare
    from dnn_techniques.study.resume import FinishedRunError
    from dnn_techniques.trainer_cli import DEFAULT_SEED, check_arguments, run_trainer

    seeds = range(DEFAULT_SEED, DEFAULT_SEED + options.seeds)
    # What names the run's folder comes last: it is not for the further options to change.
    runs = [
        [
            *("fit", "-c", str(experiment.path), *fit_args),
            *("--out", options.out, "--experiment", experiment.name),
            *("--seed_everything", str(seed)),
        ]
        for experiment in experiments
        for seed in seeds
    ]
    if any("fast_dev_run" in arg for arg in fit_args):
        raise InputError("--trainer.fast_dev_run leaves no run to compare; give it to fit")
    for run in runs:
        check_arguments(run)
    for run in runs:
        try:
            run_trainer(run)
        except FinishedRunError as finished:
            if not finished.same:
                raise
            print(f"{finished.path}: finished earlier with the same settings, kept")
    group = experiments[0].group
    print("\n" + compare(select(group), Path(options.out), command))
    print(f"{Path(options.out, group)}: summary.md, curves.png")


def _data(options: argparse.Namespace) -> None:
    import numpy as np

    from dnn_techniques.data import load
    from dnn_techniques.data.archive import PARTS
    from dnn_techniques.data.sheet import draw_sheet
    from dnn_techniques.files import check_writable

    check_writable(options.out)
    arrays = load(options.name, options.root)
    print(f"{arrays.facts.name}, from {arrays.source}")
    for part in PARTS:
        array = getattr(arrays, part)
        print(f"{part:8s} {array.shape} {array.dtype}")
    print(f"{'label':>5}  {'class':12s} {'train':>6} {'test':>6}")
    for label, name in enumerate(arrays.facts.class_names):
        train, test = (int(np.sum(y == label)) for y in (arrays.y_train, arrays.y_test))
        print(f"{label:5d}  {name:12s} {train:6,d} {test:6,d}")
    print(f"sha256 {arrays.digest()}")
    sheet = Path(options.out, "data", f"{arrays.facts.name}.png")
    draw_sheet(arrays, sheet)
    print(f"samples drawn in {sheet}")
