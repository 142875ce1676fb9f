"""What a run leaves behind: ``<out>/<group>/<name>/seed-<n>/``."""

import csv
import datetime
import fcntl
import io
import json
import math
import platform
import shutil
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_text
from dnn_techniques.modules import count_parameters
from dnn_techniques.study.settings import changes, settings

CONFIG = "config.yaml"
METRICS = "metrics.csv"
RESULT = "result.json"
CHECKPOINTS = "checkpoints"
TENSORBOARD = "tensorboard"
PREDICTIONS = "predictions.csv"
LAST = Path(CHECKPOINTS, "last.ckpt")
BEST = Path(CHECKPOINTS, "best.ckpt")

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
)


class RunFolder(pl.Callback):
    """Writes a run's config.yaml, metrics.csv (a row an epoch) and, when it ends well, result.json.

    A folder without result.json is an unfinished run. Every file is replaced in one step.

    Args:
        path: The folder.
        config: Text of config.yaml, with which the run can be repeated.
        facts: What result.json says of the run beside its figures.
    """

    def __init__(self, path: Path, config: str, facts: dict[str, Any]) -> None:
        self.path = path
        self.config = config
        self.facts = facts
        self.rows: list[dict[str, float]] = []
        self.epoch_start = 0.0

    def create(self, keep: bool) -> None:
        """Make the folder, and hold it against other processes until the run ends.

        Args:
            keep: Keep what is there, to go on from one of its checkpoints; else what an earlier run
                left is removed first, and nothing else.

        Raises:
            InputError: If another process holds the folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{self.path}: another process is training this run; wait for it, or give --out"
            ) from error
        if not keep:
            for name in (CONFIG, METRICS, RESULT, PREDICTIONS):
                (self.path / name).unlink(missing_ok=True)
            for name in (CHECKPOINTS, TENSORBOARD):
                shutil.rmtree(self.path / name, ignore_errors=True)
        write_text(self.path / CONFIG, self.config)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let go of the folder."""
        self._release()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Let go of the folder of an interrupted run."""
        self._release()
        if isinstance(exception, KeyboardInterrupt) and (self.path / LAST).exists():
            print(f"interrupted after {len(self.rows)} epochs; the same command goes on from there")

    def _release(self) -> None:
        (self.path / ".lock").unlink(missing_ok=True)
        self.lock.close()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self.epoch_start = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row to metrics.csv."""
        values = {k: v.item() for k, v in trainer.callback_metrics.items() if k in COLUMNS}
        self.rows.append(
            {
                "epoch": trainer.current_epoch + 1,
                "lr": trainer.optimizers[0].param_groups[0]["lr"],
                "seconds": round(time.perf_counter() - self.epoch_start, 3),
                **values,
            }
        )
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path / METRICS, text.getvalue())

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write result.json, which marks the run as complete."""
        if trainer.interrupted or not self.rows:
            return
        parameters = count_parameters(pl_module)
        finite = [row for row in self.rows if math.isfinite(row["val_loss"])]
        result = {
            **self.facts,
            "final": _json(self.rows[-1]),
            "best": _json(min(finite, key=lambda row: row["val_loss"])) if finite else None,
            "seconds_per_epoch": statistics.median(row["seconds"] for row in self.rows),
            "parameters": {
                "total": parameters.total,
                "trainable": parameters.trainable,
                "non_trainable": parameters.non_trainable,
            },
            "device": _describe_device(pl_module.device),
            "versions": versions(),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_text(self.path / RESULT, json.dumps(result, indent=2, allow_nan=False) + "\n")

    def state_dict(self) -> dict[str, Any]:
        """The rows so far, so that a resumed run goes on with the table."""
        return {"rows": self.rows, "data": _digest(self.facts["data"])}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the table of a checkpoint.

        Raises:
            InputError: If it was trained on other data.
        """
        if state_dict["data"] != _digest(self.facts["data"]):
            raise InputError(
                f"{self.path} was begun on other data; --overwrite true starts it anew"
            )
        self.rows = state_dict["rows"]


class FinishedRunError(InputError):
    """A run would replace a finished one.

    Attributes:
        path: The finished run's folder.
        same: Whether the finished run has the settings and the data of the new one.
    """

    def __init__(self, path: Path, same: bool) -> None:
        super().__init__(
            f"{path} holds a finished run{'' if same else ' with other settings or data'};"
            " --overwrite true replaces it, --out writes elsewhere"
        )
        self.path = path
        self.same = same


def checkpoint_to_resume(
    path: Path, config: dict[str, Any], data: dict[str, Any] | None
) -> Path | None:
    """Look at what a new run would find in its folder.

    Args:
        path: The run's folder.
        config: The configuration of the new run.
        data: What `describe_data` says of its data.

    Returns:
        The last checkpoint of an interrupted run with the same settings, from which to go on.

    Raises:
        FinishedRunError: If there is a finished run.
        InputError: If there is an interrupted run with other settings.
    """
    if not (path / CONFIG).exists():
        return None
    same = settings(yaml.safe_load((path / CONFIG).read_text())) == settings(config)
    if (path / RESULT).exists():
        result = json.loads((path / RESULT).read_text())
        raise FinishedRunError(path, same and _digest(result["data"]) == _digest(data))
    if not (path / LAST).exists():
        return None
    if not same:
        raise InputError(
            f"{path} holds an interrupted run with other settings;"
            " --overwrite true replaces it, --out writes elsewhere"
        )
    return path / LAST


def check_continuation(path: Path, checkpoint: Path, config: dict[str, Any]) -> None:
    """Make sure that training goes on with its own run, for more epochs and otherwise unchanged.

    A start from other weights would be told from the documented run by nothing in the figures.

    Raises:
        InputError: If not.
    """
    if checkpoint.resolve().parent != (path / CHECKPOINTS).resolve():
        raise InputError(
            f"--ckpt_path {checkpoint}: fit goes on only with a checkpoint of its own run,"
            f" below {path}"
        )
    kept = yaml.safe_load((path / CONFIG).read_text())
    changed = [c for c in changes(config, kept) if not c.startswith("trainer.max_epochs ")]
    if changed:
        raise InputError(f"--ckpt_path {checkpoint}: the run has other settings: {changed[0]}")
    epochs = config["trainer"]["max_epochs"]
    with (path / METRICS).open() as file:
        done = len(list(csv.DictReader(file)))
    if epochs <= done:
        raise InputError(
            f"--trainer.max_epochs must be above {done}, the epochs already trained, got {epochs}"
        )


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    packages = ("dnn-techniques", "pytorch-lightning", "numpy")
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,  # with the build, as in 2.6.0+cpu
        **{name: version(name) for name in packages},
    }


def describe_data(data: pl.LightningDataModule) -> dict[str, Any] | None:
    """What was trained on: name, digest, where it came from."""
    if not isinstance(data, ImageData):
        return None
    return {
        "name": data.arrays.facts.name,
        "stands_in_for": data.arrays.stands_in_for,
        "source": data.arrays.source,
        "sha256": data.arrays.digest(),
    }


def _digest(data: dict[str, Any] | None) -> str | None:
    return data["sha256"] if data else None


def _json(row: dict[str, float]) -> dict[str, float | None]:
    """A row with null for what JSON has no number for."""
    return {name: value if math.isfinite(value) else None for name, value in row.items()}


def _describe_device(device: torch.device) -> dict[str, Any]:
    if device.type == "cuda":
        return {"type": "cuda", "name": torch.cuda.get_device_name(device)}
    return {
        "type": device.type,
        "name": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
    }
