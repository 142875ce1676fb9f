"""What all cases use: small data, commands that take two seconds, and what they leave unbroken."""

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from faults.process import LIMIT, Act, Ended, Process, counted
from faults.state import State, state_of


@dataclass(frozen=True)
class Scenario:
    """A command that trains.

    Attributes:
        name: For the page.
        words: The command, ``DATA`` and ``OUT`` standing for folders.
        before: The command that made what is there before, none by default.
        elsewhere: Whether its runs lie on another file system than the temporary folder.
        processes: Whether it trains in other processes, where nobody counts file operations.
    """

    name: str
    words: str
    before: str = ""
    elsewhere: bool = False
    processes: bool = False


# A file system that is another one than the temporary folder's, where Linux has it.
ELSEWHERE = Path("/dev/shm")

_FIT = "--trainer.accelerator DEVICE --data.root DATA --out OUT"
_IMAGES = f"--data.validation 50 {_FIT}"
_TWO_LAYERS = "-c bn/before_activation --experiment a/run --model.hidden [6,5]"
_BN = f"{_TWO_LAYERS} --trainer.max_epochs 3"
_NET = "-c bn/without --experiment a/run --model.hidden [6]"
_STOP = "--trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_loss"

SCENARIOS = [
    Scenario("SGD, batch normalization", f"fit {_BN} {_IMAGES}"),
    Scenario("Lightning's own loop", f"fit {_BN} --engine plain {_IMAGES}"),
    Scenario("another file system", f"fit {_BN} {_IMAGES}", elsewhere=True),
    Scenario(
        "made longer",
        f"fit {_TWO_LAYERS} --trainer.max_epochs 4 {_IMAGES}"
        " --ckpt_path OUT/a/run/seed-42/checkpoints/last.ckpt",
        before=f"fit {_TWO_LAYERS} --trainer.max_epochs 2 {_IMAGES}",
    ),
    Scenario(
        "made anew",
        f"fit {_TWO_LAYERS} --trainer.max_epochs 2 --overwrite true {_IMAGES}",
        before=f"fit {_TWO_LAYERS} --trainer.max_epochs 1 {_IMAGES}",
    ),
    Scenario(
        "Nadam, 1cycle",
        "fit -c schedules/one_cycle --experiment a/run --model faults.nets.NadamOneCycle"
        f" --model.hidden [6] --data.batch_size 32 --trainer.max_epochs 3 {_IMAGES}",
    ),
    Scenario(
        "alpha dropout, 500 predictions",
        f"fit -c mc-dropout/alpha_dropout --experiment a/run --model.hidden [6]"
        f" --trainer.max_epochs 3 {_IMAGES}",
    ),
    Scenario(
        "dropout, 500 predictions",
        f"fit -c mc-dropout/dropout --experiment a/run --model.hidden [6] {_IMAGES}",
    ),
    Scenario(
        "plateau",
        "fit -c schedules/performance --experiment a/run --model.hidden [6] --model.patience 1"
        f" --trainer.max_epochs 4 {_IMAGES}",
    ),
    Scenario(
        "EarlyStopping",
        f"fit {_NET} --model.lr 0 {_STOP} --trainer.callbacks.patience=1 --trainer.max_epochs 5"
        f" {_IMAGES}",
    ),
    Scenario(
        "StopAtChecks",
        "fit -c mnist/digits_0_4 --experiment a/run --model.hidden [6] --model.lr 0.1"
        " --trainer.callbacks=dnn_techniques.callbacks.StopAtChecks"
        f" --trainer.callbacks.patience=1 --trainer.callbacks.every=1 --trainer.max_epochs 5"
        f" {_IMAGES}",
    ),
    Scenario(
        "freezing, cached, staged",
        "run mnist/frozen_cached --jobs 1 --model.hidden [7,6,5,5] --trainer.max_epochs 3"
        f" {_IMAGES}",
    ),
    Scenario(
        "transfer in three stages",
        f"run transfer/b_on_a_frozen --jobs 1 --model.hidden [6,5,5,5,5] --data.train 30"
        f" --trainer.max_epochs 2 {_IMAGES}",
    ),
    Scenario("replay", f"fit {_BN} --replay {_IMAGES}"),
    Scenario(
        "regression",
        "fit -c california/mlp --experiment a/run --model.hidden [6] --trainer.max_epochs 3"
        f" {_FIT}",
    ),
    Scenario(
        "sweep",
        "run bn/without --jobs 1 --sweep.lr [.01,.1] --model.hidden [6] --trainer.max_epochs 2"
        f" {_IMAGES}",
    ),
    Scenario(
        "stacked seeds",
        "run bn/without --seeds 2 --stacked --model.hidden [6] --trainer.max_epochs 2 --jobs 1"
        f" {_IMAGES}",
    ),
    Scenario(
        "three seeds side by side",
        f"run bn/without --seeds 3 --jobs 2 --model.hidden [6] --trainer.max_epochs 2 {_IMAGES}",
        processes=True,
    ),
]


@dataclass(frozen=True)
class Unbroken:
    """What a scenario leaves when nothing happens to it.

    Attributes:
        state: See `state_of`.
        changes: Number of changes of files.
        seconds: How long it took.
        ended: How it ended.
        out: The folder of its runs, kept.
    """

    state: State
    changes: int
    seconds: float
    ended: Ended
    out: Path


@dataclass(eq=False)
class Bench:
    """Where the cases are tried.

    Attributes:
        work: A folder for everything.
        device: On what is trained, ``cpu`` or ``cuda``.
        unbroken: What is known of each scenario by its name.
    """

    work: Path
    device: str = "cpu"
    unbroken: dict[str, Unbroken] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The folder of the small data sets."""
        return self.work / "data"

    def words(self, words: str, out: Path) -> list[str]:
        """The words of a command, for runs below a folder."""
        names = {"DATA": str(self.data), "OUT": str(out), "DEVICE": self.device}
        for name, value in names.items():
            words = words.replace(name, value)
        return words.split()

    def begin(self, scenario: Scenario, folder: Path) -> Path:
        """Where a scenario's runs go, with what is there before."""
        if scenario.elsewhere:
            shutil.rmtree(folder := elsewhere(), ignore_errors=True)
        out = folder / "out"
        if scenario.before:
            before = self.reference(Scenario(f"{scenario.name}, before", scenario.before))
            shutil.copytree(before.out, out)
        return out

    def start(self, words: str, out: Path, log: Path, prepare: Act | None = None) -> Process:
        """Start a command."""
        return Process(self.words(words, out), log, prepare)

    def reference(self, scenario: Scenario) -> Unbroken:
        """What a scenario leaves unbroken; it is run once.

        Raises:
            RuntimeError: If it does not end well.
        """
        if scenario.name not in self.unbroken:
            folder = self.work / "unbroken" / scenario.name.replace(" ", "_")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            out, count = self.begin(replace(scenario, elsewhere=False), folder), folder / "count"
            prepare = counted(out, count)
            ended = self.start(scenario.words, out, folder / "log", prepare).wait(10 * LIMIT)
            if ended.status or ended.fault:
                raise RuntimeError(f"{scenario.name}: {ended.fault} {ended.last}")
            self.unbroken[scenario.name] = Unbroken(
                state_of(out), count.stat().st_size, ended.seconds, ended, out
            )
        return self.unbroken[scenario.name]


def elsewhere() -> Path:
    """This process's folder on another file system."""
    return ELSEWHERE / f"faults-{os.getpid()}"


def make_data(folder: Path) -> None:
    """Small data sets that can be learned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("fashion_mnist", "mnist"):
        random = np.random.RandomState(len(name))
        arrays: dict[str, Any] = {}
        for half, n in (("train", 300), ("test", 60)):
            y = random.randint(0, 10, n)
            x = random.randint(0, 100, (n, 28, 28))
            x[np.arange(n), y] += 100
            arrays |= {f"x_{half}": x.astype(np.uint8), f"y_{half}": y.astype(np.uint8)}
        np.savez(folder / f"{name}.npz", **arrays)
    table = np.random.default_rng(0).uniform(1, 10, (200, 9))
    table[:, 0] = 50_000 * table[:, 1]
    joblib.dump(np.asfortranarray(table), folder / "cal_housing_py3.pkz", compress=6)


def preload(work: Path) -> None:
    """Import what the commands need, and build a parser and a net once, before the first fork.

    Nothing here may differentiate: the threads that do it do not live through a fork.
    """
    import contextlib
    import io

    import torch

    import dnn_techniques.commands.find_lr
    import dnn_techniques.commands.print_net
    import dnn_techniques.engine
    import dnn_techniques.report.chapter
    import dnn_techniques.results.group_comparison
    import dnn_techniques.runs.evaluate
    import dnn_techniques.runs.load
    import dnn_techniques.runs.many
    import dnn_techniques.runs.plan
    import dnn_techniques.runs.seeds_at_once
    import dnn_techniques.weights  # noqa: F401
    from dnn_techniques.cli import main

    torch.set_num_threads(1)
    os.environ.pop("COLUMNS", None)  # errors on one line each
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # another look at GPUs outlives no fork
    make_data(work / "data")
    with contextlib.redirect_stdout(io.StringIO()):
        root = ["--data.root", str(work / "data"), "--trainer.accelerator", "cpu"]
        main(["print-net", "-c", "bn/before_activation", *root])
