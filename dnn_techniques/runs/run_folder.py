"""What a run leaves behind: ``<out>/<group>/<name>/seed-<n>/``, replayed ones in ``replay/``."""

import contextlib
import csv
import dataclasses
import datetime
import io
import json
import math
import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from filelock import FileLock, Timeout

from dnn_techniques.errors import InputError
from dnn_techniques.files import sha256_of, write_json, write_text
from dnn_techniques.modules.parameters import count_parameters
from dnn_techniques.runs.provenance import describe_device, origin_of, versions
from dnn_techniques.runs.yaml_text import load_yaml

CONFIG = "config.yaml"
METRICS = "metrics.csv"
RESULT = "result.json"
CHECKPOINTS = "checkpoints"
TENSORBOARD = "tensorboard"
PREDICTIONS = "predictions.csv"
REPLAY = "replay"
PERTURBED = "perturbed"
LAST = Path(CHECKPOINTS, "last.ckpt")
BEST = Path(CHECKPOINTS, "best.ckpt")

# Of result.json; it changes when runs of an earlier version cannot be read any more.
FORMAT = 2

# What readers of result.json rely on.
_KEYS: dict[str, type | UnionType] = {
    "documented": str | None,
    "seed": int,
    "changes": list,
    "data": dict | None,
    "seconds_per_epoch": int | float,
    "parameters": dict,
    "device": dict,
    "versions": dict,
    "finished": str,
}

# Columns of metrics.csv that come first, in this order; whatever else a module logs follows.
COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "lr",
    "seconds",
    "printed_loss",
    "printed_accuracy",
    # Of the training images under the weights after the epoch; only `StopAtChecks` measures them.
    "train_loss",
    "train_accuracy",
)


def folder_name(seed: int, replay: bool = False, perturbation: float = 0.0) -> str:
    """Name of a run's folder among those of its experiment."""
    if not replay:
        return f"seed-{seed}"
    return f"{PERTURBED}-{seed}" if perturbation else REPLAY


def read_result(path: Path) -> dict[str, Any]:
    """What result.json in the folder of a finished run says.

    Raises:
        InputError: If it is missing or damaged, or an earlier version made it.
    """
    result: dict[str, Any] = _read(path / RESULT, json.loads, dict)
    if result.get("format") != FORMAT:
        raise InputError(f"{path} was made by version 0.1, whose runs cannot be read; delete it")
    for name, kind in _KEYS.items():
        if name not in result or not isinstance(result[name], kind):
            raise _damaged(path / RESULT)
    if path.name.startswith("seed-") and path.name != folder_name(result["seed"]):
        raise InputError(f"{path / RESULT} is that of seed {result['seed']}; {_remedy(path)}")
    return result


def read_config(path: Path) -> dict[str, Any]:
    """What config.yaml in a run's folder says.

    Raises:
        InputError: If it is missing or damaged.
    """
    config: dict[str, Any] = _read(path / CONFIG, load_yaml, dict)
    check_digest(path / CONFIG, _remedy(path))
    return config


def read_metrics(path: Path) -> list[dict[str, str]]:
    """The rows of metrics.csv in the folder of a finished run, by column.

    Raises:
        InputError: If it is missing, has no row, or holds something else than numbers.
    """
    rows: list[dict[str, str]] = _read(path / METRICS, _numbers, list)
    check_digest(path / METRICS, _remedy(path))
    return rows


def _numbers(text: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    for row in rows:
        if "epoch" not in row or None in row or None in row.values():
            raise ValueError("a column is missing")
        for value in row.values():
            float(value or 0)
    return rows


def check_digest(file: Path, remedy: str) -> None:
    """Make sure that a file of a finished run is still the one that its result.json knows.

    Raises:
        InputError: If it is another one. Runs of earlier versions do not know theirs.
    """
    folder = file.parents[1] if file.parent.name == CHECKPOINTS else file.parent
    try:
        known = json.loads((folder / RESULT).read_text())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    name = file.relative_to(folder).as_posix()
    if isinstance(known, dict) and name in known and known[name] != sha256_of(file):
        raise InputError(f"{file} is not the one that the finished run left; {remedy}")


def _remedy(folder: Path) -> str:
    return f"delete {folder} and make the run again"


def _damaged(file: Path) -> InputError:
    return InputError(f"{file} is missing or damaged; {_remedy(file.parent)}")


def _read(file: Path, parse: Callable[[str], Any], kind: type) -> Any:
    """What a file of a run folder says; one that says nothing of its kind is damaged."""
    try:
        values = parse(file.read_text())
    except (OSError, ValueError, csv.Error, yaml.YAMLError, RecursionError):
        values = None
    if not values or not isinstance(values, kind):
        raise _damaged(file)
    return values


def is_finished(path: Path) -> bool:
    """Whether the folder holds a finished run that others can build on."""
    return (path / RESULT).exists() and (path / LAST).exists()


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a run's folder against other processes, and make it if it is not there.

    Raises:
        InputError: If another process holds it.
    """
    path.mkdir(parents=True, exist_ok=True)
    try:
        lock = _locked(path / ".lock")
    except Timeout as error:
        raise InputError(
            f"{path}: another process is training this run; wait for it, or give --out"
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps open files
            (path / ".lock").unlink()
        lock.release()


def _locked(file: Path) -> FileLock:
    """Lock a file that its holder removes before the lock is released.

    Whoever opened it before and locks it after that holds a file that is gone, and tries again.
    """
    while True:
        lock = FileLock(file, timeout=0)
        with file.open("a") as known:  # as long as it is open no other file gets its number
            lock.acquire()
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(known.fileno()), file.stat()):
                    return lock
        lock.release()


def clear(path: Path) -> None:
    """Remove what an earlier run left in its folder, and nothing else.

    In an order that leaves an unfinished run, were it ended in the middle.
    """
    (path / RESULT).unlink(missing_ok=True)
    for name in (CHECKPOINTS, TENSORBOARD):
        shutil.rmtree(path / name, ignore_errors=True)
    for name in (METRICS, PREDICTIONS, CONFIG):
        (path / name).unlink(missing_ok=True)


class RunFolder(pl.Callback):
    """Writes a run's metrics.csv (a row an epoch) and, in the end, result.json.

    A folder without result.json is an unfinished run. Every file is replaced in one step. Where
    several processes train together, the first one writes.

    Args:
        path: The folder.
        facts: What result.json says of the run beside its figures.
    """

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self.path = path
        self.facts = facts
        self.rows: list[dict[str, float]] = []
        self.epoch_start = time.perf_counter()
        self.lr: float | None = None
        self.earlier: dict[str, Any] = {}
        self.stopped = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop a resumed training at once that had been stopped, by early stopping for example."""
        if self.stopped:
            trainer.should_stop = True

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self.epoch_start = time.perf_counter()
        self.earlier = dict(trainer.callback_metrics)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Note the learning rate: a schedule may change it after the step."""
        if trainer.optimizers:
            self.lr = trainer.optimizers[0].param_groups[0]["lr"]

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row to metrics.csv."""
        self.add_row(trainer, _of_the_epoch(dict(trainer.callback_metrics), self.earlier))

    def add_row(self, trainer: pl.Trainer, values: dict[str, float]) -> None:
        """Add the figures of the trainer's epoch to metrics.csv; its number is 0 without one."""
        row = {"epoch": trainer.current_epoch + bool(trainer.max_epochs), **values}
        if self.lr is not None:
            row["lr"] = float(self.lr)
        row["seconds"] = round(time.perf_counter() - self.epoch_start, 3)
        self.rows.append(row)
        if not trainer.is_global_zero:
            return
        text = io.StringIO()
        logged = dict.fromkeys(name for row in self.rows for name in row)
        columns = [name for name in COLUMNS if name in logged]
        columns += [name for name in logged if name not in COLUMNS]
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path / METRICS, text.getvalue())

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Say how an interrupted run goes on."""
        if isinstance(exception, KeyboardInterrupt) and (self.path / LAST).exists():
            print(f"interrupted after {len(self.rows)} epochs; the same command goes on from there")

    @property
    def best(self) -> dict[str, float] | None:
        """The row of the lowest finite validation loss, None if there is none."""
        finite = [row for row in self.rows if math.isfinite(row.get("val_loss", math.nan))]
        return min(finite, key=lambda row: row["val_loss"], default=None)

    def finish(
        self,
        module: pl.LightningModule,
        device: torch.device,
        train: dict[str, float],
        test: dict[str, float],
    ) -> None:
        """Write result.json, which marks the run as complete.

        Args:
            module: With the trained weights.
            device: On which they were trained.
            train: Figures of the training images under them, without dropout.
            test: Figures of the test images.
        """
        parameters = count_parameters(module)
        result = {
            "format": FORMAT,
            **self.facts,
            "final": self.rows[-1],
            "best": self.best,
            "train": train,
            "test": test,
            "measured": getattr(module, "measured", {}),
            "seconds_per_epoch": statistics.median(row["seconds"] for row in self.rows),
            "parameters": {"total": parameters.total, **dataclasses.asdict(parameters)},
            "device": describe_device(device),
            "versions": versions(),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "sha256": {
                str(name): sha256_of(self.path / name)
                for name in (CONFIG, METRICS, LAST.as_posix(), BEST.as_posix())
                if (self.path / name).exists()
            },
        }
        write_json(self.path / RESULT, result)

    def state_dict(self) -> dict[str, Any]:
        """The rows so far and the random states, so that a resumed run goes on as it would have."""
        return {
            "rows": self.rows,
            "run": f"{self.facts['experiment']}/{self.path.name}",
            "data": origin_of(self.facts)[0],
            "base": origin_of(self.facts)[1],
            "random": {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()},
        }

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add to the state whether something stopped the training."""
        checkpoint["callbacks"][self.state_key]["stopped"] = trainer.should_stop

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the table of a checkpoint.

        Raises:
            InputError: If it is another run's, or was trained on other data or reused weights.
        """
        own = self.state_dict()
        for name, said in (("run", "run"), ("data", "data"), ("base", "reused weights")):
            if state_dict.get(name, own[name]) != own[name]:
                raise InputError(
                    f"{self.path} was begun on other {said}; --overwrite true starts it anew"
                )
        self.rows = state_dict["rows"]
        self.stopped = state_dict.get("stopped", False)
        torch.set_rng_state(state_dict["random"]["cpu"].cpu())
        torch.cuda.set_rng_state_all([state.cpu() for state in state_dict["random"]["cuda"]])


def _of_the_epoch(metrics: dict[str, Any], earlier: dict[str, Any]) -> dict[str, float]:
    """What was logged in this epoch; Lightning keeps the figures of earlier validations.

    What is logged for steps and epochs is there thrice, its epoch's mean under its plain name.
    """
    new = {name: value for name, value in metrics.items() if earlier.get(name) is not value}
    forked = {name.removesuffix("_step") for name in new if name.endswith("_step")} & new.keys()
    twice = {name + suffix for name in forked for suffix in ("_step", "_epoch")}
    return {
        name: float(value)
        for name, value in new.items()
        if name not in twice and not name.startswith("lr-")  # a LearningRateMonitor's
    }
