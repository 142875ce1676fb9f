"""``run``: train every experiment of a group, or one, and compare with the documents."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dnn_techniques.commands.compare import print_comparison, print_replays
from dnn_techniques.errors import InputError
from dnn_techniques.study.experiments import Experiment, select, with_bases
from dnn_techniques.workers import start_server

if TYPE_CHECKING:
    from dnn_techniques.runner import PlannedRun

HELP = "train every experiment of a group, or one, and compare with the documents"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; those that are none of them go to ``fit``."""
    parser.epilog = "Further options go to fit, for example --trainer.max_epochs 2."
    parser.add_argument("selection", metavar="group[/name]")
    parser.add_argument(
        "--seeds", type=int, default=1, help="number of seeds, from 42 up (default 1)"
    )
    parser.add_argument(
        "--jobs", type=int, help="runs at a time (default: one a CPU, on a GPU one after the other)"
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    parser.add_argument(
        "--replay",
        action="store_true",
        help="train on the documented runs' own weights, batches and dropout masks",
    )
    parser.add_argument(
        "--perturbation",
        type=float,
        default=0.0,
        help="with --replay: move the first weights by this much, another way for each seed",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Train what is not there yet, and print the comparison.

    Raises:
        InputError: If an option is out of range, or a run cannot be made.
    """
    selected, fit_args = select(options.selection), options.further
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
        print_replays(selected[0].group, Path(options.out))
    else:
        print_comparison(selected[0].group, Path(options.out), command)


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
        further = fit_args if experiment in selected else _without_reuse(fit_args)
        args = ["fit", "-c", str(experiment.path), *further, *experiment.arguments]
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


def _without_reuse(args: Sequence[str]) -> list[str]:
    """Arguments of ``fit`` but those that say what a later stage takes over from this one."""
    kept: list[str] = []
    values = False  # of --reuse or --reuse.layers, in the arguments that follow it
    for arg in args:
        if arg.startswith("--"):
            values = arg.partition("=")[0].partition(".")[0] == "--reuse"
        if not values:
            kept.append(arg)
    return kept
