"""Training many runs: one after the other, or side by side in processes that share the CPU."""

import contextlib
import gc
import io
import os
import queue
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Any

import torch
from tqdm import tqdm

from dnn_techniques.errors import InputError
from dnn_techniques.progress import EpochProgress
from dnn_techniques.study.resume import FinishedRunError
from dnn_techniques.trainer_cli import ExperimentCLI, make_cli, run_trainer
from dnn_techniques.workers import context, ctrl_c_ignored, start_server

PATIENCE = 20.0  # seconds for a process to end its step and let go of its run
KEPT = "finished earlier with the same settings, kept"


@dataclass(frozen=True)
class PlannedRun:
    """A run to be made.

    Attributes:
        name: What the display calls it.
        args: Arguments of `run_trainer`.
        epochs: Number of epochs.
        after: Name of the run that has to be finished before, None for none.
        together: What it shares with the runs that may be trained at once with it, None for none.
    """

    name: str
    args: list[str]
    epochs: int
    after: str | None = None
    together: str | None = None


def default_jobs(threads: int, accelerator: str) -> int:
    """How many runs fit side by side: as many as the CPU has threads for, one on an accelerator."""
    if on_accelerator(accelerator):
        return 1
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cpus = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cpus // threads)


def on_accelerator(accelerator: str) -> bool:
    """Whether a trainer with this ``accelerator`` would take something else than the CPU."""
    return accelerator != "cpu" and torch.accelerator.is_available()


def train_all(runs: Sequence[PlannedRun], jobs: int) -> None:
    """Make every run that is not finished already; a finished one is kept.

    Args:
        runs: What to make, each after the one that it has to come after.
        jobs: Number of processes; with 1 the runs are made in this one.

    Raises:
        InputError: If a run cannot be made; the others are stopped and can be gone on with.
    """
    if min(jobs, len(runs)) <= 1:
        _one_after_the_other(runs)
    else:
        _side_by_side(runs, min(jobs, len(runs)))


def _one_after_the_other(runs: Sequence[PlannedRun]) -> None:
    start, done, total = time.perf_counter(), 0, sum(run.epochs for run in runs)
    for number, run in enumerate(runs, start=1):
        if len(runs) > 1:
            seconds = time.perf_counter() - start
            left = f", about {_minutes(seconds / done * (total - done))} left" if done else ""
            print(f"run {number} of {len(runs)}, {_minutes(seconds)} so far{left}", flush=True)
        try:
            run_trainer(run.args)
            done += run.epochs
        except FinishedRunError as finished:
            if not finished.same:
                raise
            total -= run.epochs
            print(f"{finished.path}: {KEPT}")
        gc.collect()  # trainer and data refer to each other: left alone they pile up by the run


def _minutes(seconds: float) -> str:
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _side_by_side(runs: Sequence[PlannedRun], jobs: int) -> None:
    start_server()
    tasks, events = context.Queue(), context.Queue()
    for index, run in enumerate(runs):
        if run.after is None:
            tasks.put((index, run))
    workers = [context.Process(target=_work, args=(tasks, events)) for _ in range(jobs)]
    print(f"{len(runs)} runs, {jobs} at a time", flush=True)
    finished, epochs = 0, sum(run.epochs for run in runs)
    tasks.cancel_join_thread()  # what nobody reads any more must not keep us from ending
    with _bar(epochs) as bar, stopped_in_the_end(workers):
        while finished < len(runs):
            index, kind, text = _next_event(events, workers)
            run = runs[index]
            if kind == "failed":
                raise InputError(f"{run.name}: {text}")
            if kind == "epoch":
                bar.update()
            else:
                finished += 1
                for later in (i for i, other in enumerate(runs) if other.after == run.name):
                    tasks.put((later, runs[later]))
                bar.set_description(f"{finished} of {len(runs)} runs")
            if kind == "kept":
                epochs -= run.epochs
                bar.total = epochs
            if text:
                bar.write(f"{run.name:40s} {text}")
                sys.stdout.flush()
        for _ in workers:
            tasks.put(None)
        for worker in workers:
            worker.join()


def _bar(epochs: int) -> "tqdm[Any]":
    return tqdm(
        total=epochs,
        unit="epoch",
        bar_format="{desc}  {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}",
        leave=False,
        file=sys.stdout,
        disable=not sys.stdout.isatty(),
    )


@contextlib.contextmanager
def stopped_in_the_end(workers: Sequence[ForkServerProcess]) -> Iterator[None]:
    """Start the workers, and stop those that are still at work when the block is left."""
    try:
        with ctrl_c_ignored():  # it is for us, who stop them
            for worker in workers:
                worker.start()
        yield
    finally:
        started = [worker for worker in workers if worker.pid is not None]
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.join(PATIENCE)
            worker.kill()  # Lightning does not act on the signal in the last batch of a test
            worker.join()


def _next_event(events: Any, workers: Sequence[ForkServerProcess]) -> tuple[int, str, str]:
    while True:
        try:
            event: tuple[int, str, str] = events.get(timeout=1)
            return event
        except queue.Empty:
            dead = [worker.exitcode for worker in workers if worker.exitcode]
            if dead:
                raise InputError(
                    f"a training process ended with status {dead[0]}, for lack of memory perhaps;"
                    " --jobs 1 needs least"
                ) from None


def _work(tasks: Any, events: Any) -> None:
    """Make runs until there are no more; in a process of its own."""
    for index, run in iter(tasks.get, None):
        kind, text = "finished", ""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _train(index, run, events)
        except FinishedRunError as finished:
            kind, text = ("kept", KEPT) if finished.same else ("failed", str(finished))
        except InputError as error:
            kind, text = "failed", str(error)
        except Exception:
            kind, text = "failed", traceback.format_exc()
        except SystemExit:  # we are stopped, and nobody reads our events any more
            events.cancel_join_thread()
            raise
        events.put((index, kind, text))
        gc.collect()


def _train(index: int, run: PlannedRun, events: Any) -> None:
    class ReportingCLI(ExperimentCLI):
        def progress(self) -> EpochProgress:
            return EpochProgress(show=lambda line: events.put((index, "epoch", line)))

    make_cli(ReportingCLI, run.args)
