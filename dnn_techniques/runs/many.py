"""Training many runs: one after the other, or side by side in processes that share the CPU."""

import contextlib
import gc
import io
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
from tqdm import tqdm

from dnn_techniques.callbacks import EpochProgress
from dnn_techniques.runs.pool import Report, Task, default_jobs, run_in_processes
from dnn_techniques.runs.prepare import Run
from dnn_techniques.runs.resume import FinishedRunError
from dnn_techniques.runs.train import print_now, train

KEPT = "finished earlier with the same settings, kept"


def jobs_for(run: Run) -> int:
    """How many runs such as this fit side by side; on an accelerator or several devices one."""
    trainer = run.options.trainer
    accelerated = trainer.accelerator != "cpu" and torch.accelerator.is_available()
    return 1 if accelerated or trainer.devices != 1 else default_jobs(run.options.threads)


def train_all(tasks: Sequence[Task], jobs: int) -> None:
    """Make every run that is not finished already; a finished one is kept.

    Args:
        tasks: Each of a `Run`.
        jobs: Number of processes; with 1 the runs are made in this one.

    Raises:
        InputError: If a run cannot be made; the others are stopped and can be gone on with.
    """
    if min(jobs, len(tasks)) <= 1:
        _one_after_the_other(tasks)
    else:
        _side_by_side(tasks, min(jobs, len(tasks)))


def _one_after_the_other(tasks: Sequence[Task]) -> None:
    start, done, total = time.perf_counter(), 0, sum(_epochs(task) for task in tasks)
    for number, task in enumerate(tasks, start=1):
        if len(tasks) > 1:
            seconds = time.perf_counter() - start
            left = f", about {_minutes(seconds / done * (total - done))} left" if done else ""
            print_now(f"run {number} of {len(tasks)}, {_minutes(seconds)} so far{left}")
        if _kept(task.work):
            total -= _epochs(task)
            print_now(f"{task.work.path}: {KEPT}")
        else:
            done += _epochs(task)
        gc.collect()  # trainer and data refer to each other: left alone they pile up by the run


def _side_by_side(tasks: Sequence[Task], jobs: int) -> None:
    print_now(f"{len(tasks)} runs, {jobs} at a time")
    finished = 0
    epochs = sum(_epochs(task) for task in tasks)
    with _bar(epochs) as bar:

        def say(task: Task, line: str) -> None:
            bar.write(f"{task.name:40s} {line}")
            sys.stdout.flush()

        def told(task: Task, line: str) -> None:
            bar.update()
            say(task, line)

        def done(task: Task, kept: bool) -> None:
            nonlocal finished, epochs
            finished += 1
            bar.set_description(f"{finished} of {len(tasks)} runs")
            if kept:
                epochs -= _epochs(task)
                bar.total = epochs
                say(task, KEPT)

        run_in_processes(_quietly, tasks, jobs, told, done)


def _quietly(run: Run, report: Report) -> bool:
    """Make a run in a process of its own, reporting the line of each epoch; whether it was kept."""
    with contextlib.redirect_stdout(io.StringIO()):
        kept = _kept(run, EpochProgress(show=report))
    gc.collect()
    return kept


def _kept(run: Run, progress: EpochProgress | None = None) -> bool:
    """Make a run, or keep the finished one that is there with the same settings."""
    try:
        train(run, progress)
    except FinishedRunError as finished:
        if not finished.same:
            raise
        return True
    return False


def _epochs(task: Task) -> int:
    """Number of epochs, 1 where it is not known beforehand."""
    epochs = task.work.options.trainer.max_epochs
    return epochs if epochs and epochs > 0 else 1


def _minutes(seconds: float) -> str:
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _bar(epochs: int) -> "tqdm[Any]":
    return tqdm(
        total=epochs,
        unit="epoch",
        bar_format="{desc}  {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}",
        leave=False,
        file=sys.stdout,
        disable=not sys.stdout.isatty(),
    )
