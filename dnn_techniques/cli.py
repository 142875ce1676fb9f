"""The command line: ``python -m dnn_techniques <command>``.

What takes seconds to import (torch, Lightning) is imported by the commands that need it, so that
`list` and `--help` answer at once.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dnn_techniques.errors import InputError, near
from dnn_techniques.figures import FIGURES
from dnn_techniques.study.documented import documented
from dnn_techniques.study.experiments import (
    Experiment,
    all_experiments,
    name_of,
    select,
    with_bases,
)
from dnn_techniques.workers import start_server

if TYPE_CHECKING:
    from dnn_techniques.runner import PlannedRun

TRAINER_COMMANDS = {
    "fit": "train one experiment: fit -c experiments/bn/before_activation.yaml",
    "validate": "validation figures of a checkpoint: validate -c FILE --ckpt_path FILE",
    "test": "test figures of a checkpoint",
    "predict": "classes that a checkpoint predicts for the test images",
}
FIND_COMMANDS = {
    "find-lr": "learning-rate range test of an experiment: find-lr -c FILE [--max_lr 10]",
    "find-reuse": "how many layers of an earlier run to reuse: find-reuse -c FILE [--seeds 5]",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0, 2 after one line about a bad input, 130 after Ctrl-C.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    command = shlex.join(["python", "-m", "dnn_techniques", *args])
    try:
        options, rest = _parser().parse_known_args(args)
        if options.command in TRAINER_COMMANDS:
            from dnn_techniques.trainer_cli import run_trainer

            run_trainer(args)
        elif options.command == "find-lr":
            from dnn_techniques.find_lr import find_lr

            find_lr(args[1:])
        elif options.command == "find-reuse":
            from dnn_techniques.find_reuse import find_reuse

            find_reuse(args[1:], command)
        elif options.command == "run":
            _run(options, rest, command)
        elif rest:
            raise InputError(f"{options.command} has no option {rest[0]}; see --help")
        elif options.command == "list":
            _list()
        elif options.command == "compare":
            _compare(options, command)
        elif options.command == "report":
            _report(options, command)
        elif options.command == "figures":
            _figures(options)
        elif options.command == "data":
            _data(options)
        elif options.command == "export":
            _export(options)
        elif options.command == "pretraining-study":
            _pretraining_study(options, command)
        elif options.command == "transfer-study":
            _transfer_study(options, command)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; `run`, `fit` and the like go on when given again", file=sys.stderr)
        return 130
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
    run.add_argument(
        "--jobs", type=int, help="runs at a time (default: one a CPU, on a GPU one after the other)"
    )
    run.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    run.add_argument(
        "--replay",
        action="store_true",
        help="train on the documented runs' own weights, batches and dropout masks",
    )
    run.add_argument(
        "--perturbation",
        type=float,
        default=0.0,
        help="with --replay: move the first weights by this much, another way for each seed",
    )
    compare = commands.add_parser(
        "compare",
        help="compare finished runs with the documents, from their folders alone",
        allow_abbrev=False,
    )
    compare.add_argument("group", nargs="?", help="default: every group with finished runs")
    compare.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    report = commands.add_parser(
        "report", help="write a page of all groups with finished runs", allow_abbrev=False
    )
    report.add_argument(
        "name",
        nargs="?",
        default="fashion_mnist",
        help="fashion_mnist (default), or reuse: transfer, and the notes on MNIST",
    )
    report.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    report.add_argument("--replay", action="store_true", help="the page of the replayed runs")
    report.add_argument(
        "--page",
        help="the file (default runs/report/<name>.md, with --replay runs/report/replay.md)",
    )
    figures = commands.add_parser(
        "figures",
        help="draw the pictures of the chapter",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{figure.name:22s} {figure.title}" for figure in FIGURES.values()),
    )
    figures.add_argument("name", nargs="*", help="which, see below (default: all)")
    figures.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    data = commands.add_parser(
        "data", help="describe a data set and draw samples of it", allow_abbrev=False
    )
    data.add_argument("name", nargs="?", help="fashion_mnist (default), mnist, cifar10 or digits")
    data.add_argument("--root", "--data.root", help="folder of the archives")
    data.add_argument("--out", default="runs", help="folder of the picture (default runs)")
    export = commands.add_parser(
        "export", help="write a trained net for Keras, ONNX or torch.export", allow_abbrev=False
    )
    export.add_argument("--ckpt_path", required=True, help="a run's checkpoint, as best.ckpt")
    export.add_argument("--format", required=True, choices=("keras", "onnx", "torch"))
    export.add_argument("--to", required=True, help="the file; for Keras it ends in .h5 or .keras")
    export.add_argument(
        "--input_shape",
        type=int,
        nargs="+",
        metavar="SIZE",
        help="of an image, for example 28 28 (default: all its pixels in a row)",
    )
    _add_pretraining_study(commands)
    _add_transfer_study(commands)
    for name, help in {**TRAINER_COMMANDS, **FIND_COMMANDS}.items():
        # LightningCLI knows the options, --help included.
        commands.add_parser(name, help=help, add_help=False)
    return parser


def _add_transfer_study(commands: "argparse._SubParsersAction[_OneLineParser]") -> None:
    study = commands.add_parser(
        "transfer-study",
        help="how often transfer learning helps, over all pairs of Fashion MNIST's classes (hours)",
        allow_abbrev=False,
        epilog="Given again, the command goes on where it was interrupted.",
    )
    study.add_argument(
        "--pairs", nargs="+", default=[], metavar="PAIR", help="as 5-6 (default: all 45)"
    )
    study.add_argument(
        "--seeds",
        type=int,
        default=20,
        help="least number of seeds, from 42 up (default 20); more that are there count too",
    )
    study.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[20, 200, 2000],
        metavar="SIZE",
        help="numbers of training images (default 20 200 2000)",
    )
    study.add_argument("--jobs", type=int, help="processes (default: one a CPU)")
    study.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    study.add_argument("--page", help="the page (default <out>/transfer-study/transfer_study.md)")
    study.add_argument(
        "--validation",
        type=int,
        default=5000,
        help="training images to set aside, as in the documents (default 5000)",
    )


def _add_pretraining_study(commands: "argparse._SubParsersAction[_OneLineParser]") -> None:
    study = commands.add_parser(
        "pretraining-study",
        help="accuracy with few labels, with and without pretraining on all images (minutes)",
        allow_abbrev=False,
    )
    study.add_argument("--name", help="data set (default fashion_mnist)")
    study.add_argument("--root", help="folder of the archives")
    study.add_argument("--seeds", type=int, default=1, help="number of seeds, from 42 up")
    study.add_argument(
        "--labels",
        type=int,
        nargs="+",
        default=[20, 100, 500, 2000],
        help="numbers of labelled images (default 20 100 500 2000)",
    )
    study.add_argument("--pretraining", type=int, default=5, help="epochs over all training images")
    study.add_argument("--epochs", type=int, default=60, help="epochs over the labelled images")
    study.add_argument(
        "--frozen", type=int, default=20, help="of them with the pretrained layers frozen"
    )
    study.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def _list() -> None:
    group = None
    by_file = {experiment.path: experiment for experiment in all_experiments()}
    for experiment in by_file.values():
        if experiment.group != group:
            group = experiment.group
            print(f"{group}  (make exp-{group})")
        print(f"  {name_of(experiment.path):28s} {experiment.claim}")
        if experiment.documented:
            for edition, curves in documented(experiment.documented).curves.items():
                last = ", ".join(f"{k} {v[-1]:.4f}" for k, v in curves.items() if k[:4] == "val_")
                print(f"  {'':28s} documented, {edition}, epoch {curves['epoch'][-1]:g}: {last}")


def _run(options: argparse.Namespace, fit_args: list[str], command: str) -> None:
    if options.selection == "transfer-study":
        raise InputError("transfer-study is a command of its own, without run before it")
    selected = select(options.selection)
    for name in ("seeds", "jobs"):
        if (value := getattr(options, name)) is not None and value < 1:
            raise InputError(f"--{name} must be at least 1, got {value}")
    if any("fast_dev_run" in arg for arg in fit_args):
        raise InputError("--trainer.fast_dev_run leaves no run to compare; give it to fit")
    if options.replay:
        selected = [e for e in selected if e.replayable]
        fit_args = [*fit_args, "--replay", f"--perturbation={options.perturbation}"]
        if not selected:
            raise InputError(f"--replay: {options.selection} repeats no documented run")
        if options.seeds > 1 and not options.perturbation:
            raise InputError("--replay has one seed, the documents'; leave out --seeds")
    elif options.perturbation:
        raise InputError("--perturbation changes a replayed run; give --replay too")
    if options.jobs != 1 and len(selected) * options.seeds > 1:
        start_server()  # it imports torch and Lightning while we do
    from dnn_techniques.runner import train_all
    from dnn_techniques.seeds_at_once import train_seeds_at_once

    runs, jobs = _plan(selected, options, fit_args)
    train_all(train_seeds_at_once(runs), jobs)
    if options.replay:
        _print_replays(selected[0].group, Path(options.out))
    else:
        _print_comparison(selected[0].group, Path(options.out), command)


def _plan(
    selected: Sequence[Experiment], options: argparse.Namespace, fit_args: Sequence[str]
) -> tuple[list["PlannedRun"], int]:
    """The runs of the selected experiments, after those that they build on, and how many at once.

    A finished run that is only built on is taken as it is, whatever the further options.
    """
    from dnn_techniques.runner import PlannedRun, default_jobs, on_accelerator
    from dnn_techniques.study.replayed import has_replay
    from dnn_techniques.study.run_folder import folder_name, is_finished
    from dnn_techniques.trainer_cli import DEFAULT_SEED, check_arguments

    out, runs, jobs = Path(options.out), list[PlannedRun](), options.jobs
    for experiment in with_bases(selected):
        seeds = [
            seed
            for seed in range(DEFAULT_SEED, DEFAULT_SEED + options.seeds)
            if experiment in selected
            or not is_finished(
                out / experiment.name / folder_name(seed, options.replay, options.perturbation)
            )
        ]
        if not seeds:
            continue
        # What names the run comes last: it is not for the further options to change.
        args = ["fit", "-c", str(experiment.path), *fit_args, *experiment.arguments]
        args += ["--out", options.out, "--experiment", experiment.name]
        config = check_arguments(args)
        if options.perturbation and not has_replay(out, experiment.name):
            raise InputError(
                f"--perturbation is compared with the replay itself; make that first:"
                f" run {options.selection} --replay --out {options.out}"
            )
        jobs = jobs or default_jobs(config.threads, config.trainer.accelerator)
        planned = {run.name for run in runs}
        alone = options.replay or options.jobs or not on_accelerator(config.trainer.accelerator)
        for seed in seeds:
            seeded = [*args, "--seed_everything", str(seed)]
            name, base = f"{experiment.name} {seed}", f"{experiment.builds_on} {seed}"
            after = base if base in planned else None
            together = None if alone else experiment.name
            runs.append(PlannedRun(name, seeded, config.trainer.max_epochs, after, together))
    return runs, jobs


def _compare(options: argparse.Namespace, command: str) -> None:
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
        _print_comparison(group, out, command)
    for group in replayed:
        _print_replays(group, out)


def _print_comparison(group: str, out: Path, command: str) -> None:
    from dnn_techniques.study.compare import compare

    print(f"\n{compare(select(group), out, command)}")
    print(f"{out / group}: summary.md, comparison.json, curves.png")


def _print_replays(group: str, out: Path) -> None:
    from dnn_techniques.replay_report import replays_text

    print(f"\n{replays_text(select(group), out)}")


def _report(options: argparse.Namespace, command: str) -> None:
    from dnn_techniques.files import check_writable
    from dnn_techniques.replay_report import write_replay_page
    from dnn_techniques.report import write_report

    page = Path(options.page or f"runs/report/{'replay' if options.replay else options.name}.md")
    check_writable(page.parent)
    out = Path(options.out)
    if options.replay:
        print(write_replay_page(out, page, command))
    else:
        print(write_report(out, page, command, options.name))
    print(f"written to {page}")


def _figures(options: argparse.Namespace) -> None:
    unknown = [name for name in options.name if name not in FIGURES]
    if unknown:
        raise InputError(f"unknown figure {unknown[0]!r}: {near(unknown[0], FIGURES)}")
    from dnn_techniques.files import check_writable, write_figure

    check_writable(options.out)
    missing = []
    for name in options.name or FIGURES:
        path = Path(options.out, "figures", f"{name}.png")
        try:
            write_figure(path, FIGURES[name].draw(Path(options.out)))
            print(f"{path}: {FIGURES[name].title}", flush=True)
        except InputError as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise InputError("not drawn: " + "; ".join(missing))


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


def _export(options: argparse.Namespace) -> None:
    from dnn_techniques.weights import export_onnx, export_torch, save_keras
    from dnn_techniques.weights.checkpoint import load_checkpoint

    write = {"keras": save_keras, "onnx": export_onnx, "torch": export_torch}[options.format]
    module = load_checkpoint(Path(options.ckpt_path))
    write(module.net, Path(options.to), options.input_shape)
    print(f"{type(module).__name__} written to {options.to}; its outputs are logits")


def _pretraining_study(options: argparse.Namespace, command: str) -> None:
    import torch

    from dnn_techniques.data import ImageData
    from dnn_techniques.files import check_writable
    from dnn_techniques.study.few_labels import Settings, measure
    from dnn_techniques.study.few_labels_page import write_study
    from dnn_techniques.trainer_cli import DEFAULT_SEED, quiet_lightning

    if options.seeds < 1:
        raise InputError(f"--seeds must be at least 1, got {options.seeds}")
    folder = Path(options.out, "pretraining-study")
    check_writable(folder)
    data = ImageData(options.name, options.root)
    data.prepare_data()
    seeds = range(DEFAULT_SEED, DEFAULT_SEED + options.seeds)
    labels = sorted(set(options.labels))
    settings = Settings(seeds, labels, options.pretraining, options.epochs, options.frozen)
    settings.check(data)
    torch.set_num_threads(1)  # on nets as small as these one is faster than two
    with quiet_lightning():
        found = measure(settings, data)
    tables = write_study(folder, command, settings, data, found)
    print(f"\n{tables}\n{folder}: summary.md, results.json, accuracy.png")


def _transfer_study(options: argparse.Namespace, command: str) -> None:
    from dnn_techniques.files import check_writable
    from dnn_techniques.runner import default_jobs
    from dnn_techniques.transfer_study.page import write_page
    from dnn_techniques.transfer_study.pair_study import FOLDER
    from dnn_techniques.transfer_study.study import make_plan, study_pairs

    out = Path(options.out)
    page = Path(options.page or out / FOLDER / "transfer_study.md")
    plan = make_plan(out, options.pairs, options.sizes, options.seeds, options.validation)
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, got {options.jobs}")
    check_writable(out)
    check_writable(page.parent)
    study_pairs(plan, options.jobs or default_jobs(threads=1, accelerator="cpu"))
    print(f"\n{write_page(plan, page, command)}\nwritten to {page}")
