"""What a run leaves behind: ``<out>/<group>/<name>/seed-<n>/``."""

import csv
import datetime
import io
import json
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
from dnn_techniques.modules import count_parameters
from dnn_techniques.study.files import write_text
from dnn_techniques.study.settings import settings

CONFIG = "config.yaml"
METRICS = "metrics.csv"
RESULT = "result.json"
CHECKPOINTS = "checkpoints"

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
        """Make the folder.

        Args:
            keep: Keep what is there, to go on from one of its checkpoints; else an unfinished or
                overwritten run is removed first.
        """
        if self.path.exists() and not keep:
            shutil.rmtree(self.path)
        write_text(self.path / CONFIG, self.config)

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
        best = min(self.rows, key=lambda row: row.get("val_loss", float("inf")))
        result = {
            **self.facts,
            "final": self.rows[-1],
            "best": best,
            "seconds_per_epoch": statistics.median(row["seconds"] for row in self.rows),
            "parameters": {
                "total": parameters.total,
                "trainable": parameters.trainable,
                "non_trainable": parameters.non_trainable,
            },
            "data": _describe_data(trainer),
            "device": _describe_device(pl_module.device),
            "versions": versions(),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_text(self.path / RESULT, json.dumps(result, indent=2) + "\n")

    def state_dict(self) -> dict[str, Any]:
        """The rows so far, so that a resumed run goes on with the table."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the table of a checkpoint."""
        self.rows = state_dict["rows"]


class FinishedRunError(InputError):
    """A run would replace a finished one.

    Attributes:
        path: The finished run's folder.
        same_settings: Whether the finished run has the settings of the new one.
    """

    def __init__(self, path: Path, same_settings: bool) -> None:
        super().__init__(
            f"{path} holds a finished run{'' if same_settings else ' with other settings'};"
            " --overwrite true replaces it, --out writes elsewhere"
        )
        self.path = path
        self.same_settings = same_settings


def refuse_finished(path: Path, config: dict[str, Any]) -> None:
    """Refuse to run where a finished run is.

    Args:
        path: The run's folder.
        config: The configuration of the new run.

    Raises:
        FinishedRunError: If `path` holds a finished run.
    """
    if (path / RESULT).exists():
        finished = yaml.safe_load((path / CONFIG).read_text())
        raise FinishedRunError(path, settings(finished) == settings(config))


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    packages = ("dnn-techniques", "pytorch-lightning", "numpy")
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,  # with the build, as in 2.6.0+cpu
        **{name: version(name) for name in packages},
    }


def _describe_data(trainer: pl.Trainer) -> dict[str, Any] | None:
    data = getattr(trainer, "datamodule", None)
    if not isinstance(data, ImageData):
        return None
    return {
        "name": data.arrays.facts.name,
        "stands_in_for": data.arrays.stands_in_for,
        "source": data.arrays.source,
        "sha256": data.arrays.digest(),
    }


def _describe_device(device: torch.device) -> dict[str, Any]:
    if device.type == "cuda":
        return {"type": "cuda", "name": torch.cuda.get_device_name(device)}
    return {
        "type": device.type,
        "name": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
    }
