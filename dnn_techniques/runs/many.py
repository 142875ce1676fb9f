"""Training many runs: one after the other, or side by side in processes that share the CPU."""

import contextlib
import gc
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from dnn_techniques.callbacks import EpochProgress
from dnn_techniques.callbacks.progress import Running
from dnn_techniques.runs.pool import Report, Task, default_jobs, run_in_processes
from dnn_techniques.runs.prepare import Run
from dnn_techniques.runs.resume import FinishedRunError
from dnn_techniques.runs.signals import signals_wait
from dnn_techniques.runs.train import train
from dnn_techniques.terminal import Bottom, fold, say, width

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
            say(f"run {number} of {len(tasks)}, {_minutes(seconds)} so far{left}")
        if _kept(task.work):
            total -= _epochs(task)
            say(f"{task.work.path}: {KEPT}")
        else:
            done += _epochs(task)
        _collect()


def _side_by_side(tasks: Sequence[Task], jobs: int) -> None:
    say(f"{len(tasks)} runs, {jobs} at a time")
    live = sys.stdout.isatty()
    display = _Display(tasks) if live else _Lines()
    run_in_processes(partial(_quietly, live=live), tasks, jobs, display.told, display.done)


class _Lines:
    """Prints a line for each epoch of each run."""

    def told(self, task: Task, line: str) -> None:
        print(_fields(task, line), flush=True)

    def done(self, task: Task, kept: bool) -> None:
        if kept:
            print(_fields(task, KEPT), flush=True)


class _Display:
    """Shows on a terminal how far each run is, and how far all are; prints a line a finished run.

    Args:
        tasks: All of them.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self.bottom = Bottom()
        self.start = time.perf_counter()
        self.first = 0.0  # when the first run began to train
        self.epochs = {task.name: _epochs(task) for task in tasks}
        self.running: dict[str, Running] = {}
        self.lines: dict[str, str] = {}  # of the last epoch of each run
        self.finished: dict[str, int] = {}  # number of epochs that were trained now

    def told(self, task: Task, message: str | Running) -> None:
        if isinstance(message, str):
            self.lines[task.name] = message
        else:
            self.first = self.first or time.perf_counter()
            self.running[task.name] = message
            self._draw()

    def done(self, task: Task, kept: bool) -> None:
        self.running.pop(task.name, None)
        self.finished[task.name] = 0 if kept else self.epochs[task.name]
        self.bottom.clear()
        print(_fields(task, KEPT if kept else self.lines.get(task.name, "finished")), flush=True)
        self._draw()

    def _draw(self) -> None:
        columns = width() or 80
        longest = max(map(len, self.running), default=0)
        names = {name: _short(name, min(longest, columns // 3)) for name in self.running}
        lines = [
            replace(run, figures=_most_telling(run)).line(
                f"{names[name]}  {run.epoch}/{run.epochs or '?'}", columns
            )
            for name, run in self.running.items()
        ]
        within = sum(run.epoch - 1 + run.share for run in self.running.values())
        trained = sum(self.finished.values()) + within
        kept = sum(self.epochs[name] for name, n in self.finished.items() if not n)
        total = sum(self.epochs.values()) - kept
        now = time.perf_counter()
        left = (now - self.first) * (total / trained - 1) if trained else None
        said = f", about {_minutes(left)} left" if left is not None else ""
        done = f"{len(self.finished)} of {len(self.tasks)} runs"
        done += f", {_minutes(now - self.start)} so far{said}"
        self.bottom.draw(
            [*lines, done[: columns - 1]] if len(self.finished) < len(self.tasks) else []
        )


def _fields(task: Task, line: str) -> str:
    return fold([f"{task.name:40s}", *line.split("  ")], width(), hang=2)


def _short(name: str, columns: int) -> str:
    """A name in so many columns: its end tells runs apart.

    >>> _short("a/long_name/seed-42", 10)
    '…e/seed-42'
    """
    return name.ljust(columns) if len(name) <= columns else f"…{name[len(name) - columns + 1 :]}"


def _most_telling(run: Running) -> dict[str, float]:
    """The first figure of the epoch so far, a loss, and the last one of the latest validation."""
    validation = [(k, v) for k, v in run.earlier.items() if k.startswith("val_")]
    return dict([*list(run.figures.items())[:1], *validation[-1:]])


def _quietly(run: Run, report: Report, live: bool) -> bool:
    """Make a run in a process of its own, reporting the line of each epoch; whether it was kept.

    If `live`, how far an epoch is is reported too.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        kept = _kept(run, EpochProgress(show=report, live=report if live else None))
    _collect()
    return kept


def _collect() -> None:
    """Free trainer and data, which refer to each other: left alone they pile up by the run.

    Python loses a signal that comes while something is freed, but for a line about it.
    """
    with signals_wait():
        gc.collect()


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
