"""What a run leaves behind: ``<out>/<group>/<name>/seed-<n>/``, replayed ones in ``replay/``."""

import csv
import datetime
import fcntl
import io
import math
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_json, write_text
from dnn_techniques.modules import Classifier, count_parameters
from dnn_techniques.study.provenance import describe_device, origin_of, versions

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


def is_finished(path: Path) -> bool:
    """Whether the folder holds a finished run that others can build on."""
    return (path / RESULT).exists() and (path / LAST).exists()


class RunFolder(pl.Callback):
    """Writes a run's config.yaml, metrics.csv (a row an epoch) and, in the end, result.json.

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
        """Let go of the folder after the test, which comes last."""
        if stage == TrainerFn.TESTING:
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
        metrics = trainer.callback_metrics
        self.add_row(trainer, {k: v.item() for k, v in metrics.items() if k in COLUMNS})

    def add_row(self, trainer: pl.Trainer, values: dict[str, float]) -> None:
        """Add the figures of the trainer's epoch to metrics.csv."""
        self.rows.append(
            {
                "epoch": trainer.current_epoch + 1,
                "lr": trainer.optimizers[0].param_groups[0]["lr"],
                "seconds": round(time.perf_counter() - self.epoch_start, 3),
                **values,
            }
        )
        text = io.StringIO()
        measured = [name for name in COLUMNS if any(name in row for row in self.rows)]
        writer = csv.DictWriter(text, measured, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path / METRICS, text.getvalue())

    def finish(
        self, module: pl.LightningModule, train: dict[str, float], test: dict[str, float]
    ) -> None:
        """Write result.json, which marks the run as complete.

        Args:
            module: With the trained weights.
            train: Figures of the training images under them, without dropout.
            test: Figures of the test images.
        """
        parameters = count_parameters(module)
        finite = [row for row in self.rows if math.isfinite(row["val_loss"])]
        result = {
            **self.facts,
            "final": self.rows[-1],
            "best": min(finite, key=lambda row: row["val_loss"]) if finite else None,
            "train": train,
            "test": test,
            "measured": module.measured if isinstance(module, Classifier) else {},
            "seconds_per_epoch": statistics.median(row["seconds"] for row in self.rows),
            "parameters": {
                "total": parameters.total,
                "trainable": parameters.trainable,
                "non_trainable": parameters.non_trainable,
            },
            "device": describe_device(module.device),
            "versions": versions(),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_json(self.path / RESULT, result)

    def state_dict(self) -> dict[str, Any]:
        """The rows so far and the random states, so that a resumed run goes on as it would have."""
        return {
            "rows": self.rows,
            "data": origin_of(self.facts)[0],
            "base": origin_of(self.facts)[1],
            "random": {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()},
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the table of a checkpoint.

        Raises:
            InputError: If it was trained on other data, or built on another run's weights.
        """
        data, base = origin_of(self.facts)
        if (state_dict["data"], state_dict.get("base")) != (data, base):
            other = "data" if state_dict["data"] != data else "reused weights"
            raise InputError(
                f"{self.path} was begun on other {other}; --overwrite true starts it anew"
            )
        self.rows = state_dict["rows"]
        torch.set_rng_state(state_dict["random"]["cpu"].cpu())
        torch.cuda.set_rng_state_all([state.cpu() for state in state_dict["random"]["cuda"]])
