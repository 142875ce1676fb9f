"""``run``: train experiments, and compare them with the documents."""

import argparse
import difflib
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dnn_techniques.checks import check_seeds
from dnn_techniques.commands.compare import print_comparison, print_replays
from dnn_techniques.errors import InputError
from dnn_techniques.runs.experiments import is_ours, select
from dnn_techniques.runs.pool import start_server

HELP = "train a group, an experiment, a file or a folder of files, and compare"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; those that are none of them go to ``fit``."""
    parser.epilog = (
        "Further options go to fit, for example --trainer.max_epochs 2, --engine plain, or"
        " --sweep.lr '[.001,.01]' to train with each of these."
    )
    parser.add_argument("selection", metavar="group[/name]|file|folder")
    parser.add_argument(
        "--seeds", type=int, default=1, help="number of seeds, from 42 up (default 1)"
    )
    parser.add_argument(
        "--jobs", type=int, help="runs at a time (default: one a CPU, on a GPU one after the other)"
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")
    parser.add_argument(
        "--stacked", action="store_true", help="train the seeds of an experiment as one stack"
    )
    parser.add_argument(
        "--replay",
        action="store_true",
        help="train on the documented runs' own weights, batches and dropout masks",
    )
    parser.add_argument(
        "--perturbation",
        type=float,
        default=0.0,
        help="with --replay: add random numbers of about this size to the first weights, other ones"
        " for each seed",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Train what is not there yet, and print the comparison.

    Raises:
        InputError: If an option is out of range, or a run cannot be made.
    """
    selected, words = select(options.selection), options.further
    _check_spelling(words, known=[f"--{name}" for name in vars(options)])
    check_seeds(options.seeds)
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, got {options.jobs}")
    if any("fast_dev_run" in word for word in words):
        raise InputError("--trainer.fast_dev_run leaves no run to compare; give it to fit")
    if options.replay:
        selected = [e for e in selected if e.replayable]
        if not selected:
            raise InputError(f"--replay: {options.selection} repeats no documented run")
        if options.seeds > 1 and not options.perturbation:
            raise InputError("--replay has one seed, the documents'; leave out --seeds")
    elif options.perturbation:
        raise InputError("--perturbation changes a replayed run; give --replay too")
    several = len(selected) * options.seeds > 1 or any(w.startswith("--sweep") for w in words)
    if several and options.jobs != 1:
        start_server()  # it imports torch and Lightning while we do
    from dnn_techniques.results.finished import groups_of, with_trials
    from dnn_techniques.results.replayed import has_replay
    from dnn_techniques.results.run_sets import has_finished_runs
    from dnn_techniques.runs.attach_engine import require_engine
    from dnn_techniques.runs.many import jobs_for, train_all
    from dnn_techniques.runs.plan import Plan

    out = Path(options.out)
    fixed = {name: getattr(options, name) for name in ("out", "replay", "perturbation")}
    tasks = Plan(selected, words, options.seeds, fixed).tasks
    names = list(dict.fromkeys(task.work.name for task in tasks))
    if options.perturbation and not all(has_replay(out, name) for name in names):
        raise InputError(
            f"--perturbation is compared with the replay itself; make that first:"
            f" run {options.selection} --replay --out {options.out}"
        )
    jobs = options.jobs or jobs_for(tasks[0].work)
    if options.stacked:
        require_engine("--stacked")
        from dnn_techniques.runs.seeds_at_once import train_seeds_at_once

        tasks = train_seeds_at_once(tasks)
    train_all(tasks, jobs)
    if int(os.environ.get("LOCAL_RANK", 0)):
        return  # one of several processes that trained together; the first one compares
    compared = partial(print_comparison, command=command)
    if is_ours(selected[0].path):
        selected = select(selected[0].group)
    has, show = (has_replay, print_replays) if options.replay else (has_finished_runs, compared)
    for experiments in groups_of(with_trials(selected, out)).values():
        show([e for e in experiments if has(out, e.name)], out)


def _check_spelling(words: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a misspelt option of ours, of which `fit` would know no near one."""
    for word in words:
        option = word.partition("=")[0]
        if option[:2] == "--" and (near := difflib.get_close_matches(option, known, 1, 0.8)):
            raise InputError(f"run has no option {option}: did you mean {near[0]}?")
