"""What a run writes into its folder while it trains: its table, and in the end its result."""

import csv
import dataclasses
import datetime
import io
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.callbacks.printed_means import PrintedMeans
from dnn_techniques.errors import InputError
from dnn_techniques.files import sha256_of, write_json, write_text
from dnn_techniques.modules.parameters import count_parameters
from dnn_techniques.runs.digest import digest_of_weights
from dnn_techniques.runs.provenance import describe_device, origin_of, versions
from dnn_techniques.runs.run_folder import (
    BEST,
    COLUMNS,
    CONFIG,
    DIVERGED,
    FORMAT,
    LAST,
    METRICS,
    RESULT,
    digest_of_result,
)
from dnn_techniques.terminal import note

# A run has diverged where one of them is no number.
WATCHED = ("loss", "val_loss")


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
        self.steps = 0
        self.earlier: dict[str, Any] = {}
        self.stopped = False
        self.untold = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Bring a resumed training to where it was: it may have been stopped, or have a plateau."""
        if self.stopped:
            trainer.should_stop = True
        for config in trainer.lr_scheduler_configs if self.untold else []:
            told = config.interval == "epoch" and len(self.rows) % config.frequency == 0
            if config.reduce_on_plateau and told and config.monitor in self.rows[-1]:
                pl_module.lr_scheduler_step(config.scheduler, self.rows[-1][config.monitor])
        self.untold = False

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
        values = _of_the_epoch(dict(trainer.callback_metrics), self.earlier)
        callbacks: list[pl.Callback] = trainer.callbacks  # type: ignore[attr-defined]
        kept = (c.losses for c in callbacks if isinstance(c, PrintedMeans))
        self.add_row(trainer, values, next(kept, []))

    def add_row(
        self, trainer: pl.Trainer, values: dict[str, float], losses: Sequence[Tensor] = ()
    ) -> None:
        """Add the figures of the trainer's epoch to metrics.csv; its number is 0 without one.

        Args:
            trainer: The trainer.
            values: The figures.
            losses: Those of the batches of the epoch, scalars; they tell where a run diverged.
        """
        row = {"epoch": trainer.current_epoch + bool(trainer.max_epochs), **values}
        if self.lr is not None:
            row["lr"] = float(self.lr)
        row["seconds"] = round(time.perf_counter() - self.epoch_start, 3)
        self.steps = trainer.global_step
        new = not any(DIVERGED in earlier for earlier in self.rows)
        if new and losses and not all(math.isfinite(row.get(name, 0)) for name in WATCHED):
            row[DIVERGED] = first_bad_step(losses, self.steps, trainer.accumulate_grad_batches)
        self.rows.append(row)
        if trainer.is_global_zero:
            self._write_rows()

    def _write_rows(self) -> None:
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
        self._write_rows()  # a resumed run may have no epoch left, and the file be damaged
        parameters = count_parameters(module)
        result: dict[str, Any] = {
            "format": FORMAT,
            **self.facts,
            "final": self.rows[-1],
            "best": self.best,
            "train": train,
            "test": test,
            "measured": getattr(module, "measured", {}),
            "steps": self.steps,
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
            "weights_sha256": digest_of_weights(module.state_dict()),
        }
        result["sha256"][RESULT] = digest_of_result(result)
        write_json(self.path / RESULT, result)

    def state_dict(self) -> dict[str, Any]:
        """The rows so far and the random states, so that a resumed run goes on as it would have."""
        return {
            "rows": self.rows,
            "run": f"{self.facts['experiment']}/{self.path.name}",
            "data": origin_of(self.facts)[0],
            "base": origin_of(self.facts)[1],
            "random": {
                "cpu": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all(),
                "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
            },
        }

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add to the state whether something stopped the training, and where it runs."""
        own = checkpoint["callbacks"][self.state_key]
        own |= {"stopped": trainer.should_stop, "device": trainer.strategy.root_device.type}

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Note whether a schedule has still to be told the figure of the last epoch.

        Lightning tells `ReduceLROnPlateau` after the checkpoint of an epoch is saved, and no more
        when it goes on from there. Say it, too, if the run goes on on another kind of device.
        """
        new = trainer.strategy.root_device.type
        old = checkpoint["callbacks"][self.state_key].get("device", new)
        if trainer.is_global_zero and old != new:
            note(f"{self.path} was begun on {old}: on {new} last digits may differ")
        self.steps = checkpoint["global_step"]
        loop = checkpoint["loops"]["fit_loop"]
        epochs = loop["epoch_progress"]["current"]
        whole = loop["epoch_loop.batch_progress"]["is_last_batch"]
        self.untold = whole and epochs["processed"] > epochs["completed"]

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
        visible = zip(range(torch.cuda.device_count()), state_dict["random"]["cuda"], strict=False)
        for device, state in visible:  # there may be fewer than before
            torch.cuda.set_rng_state(state.cpu(), device)
        apples = state_dict["random"].get("mps")
        if apples is not None and torch.backends.mps.is_available():
            torch.mps.set_rng_state(apples.cpu())


def first_bad_step(losses: Sequence[Tensor], steps: int, batches: int = 1) -> int:
    """Number of the first step of an epoch whose loss is no number, read at once from the device.

    If all are numbers it is the last one: what it made of the weights has no loss any more.

    >>> first_bad_step([torch.tensor(1.0), torch.tensor(math.inf), torch.tensor(math.nan)], 30)
    29

    Args:
        losses: Those of the batches of the epoch, scalars.
        steps: Number of steps at the end of the epoch.
        batches: Number of batches that a step adds up.
    """
    bad = torch.stack(list(losses)).isfinite().logical_not().nonzero()
    first = int(bad[0]) if len(bad) else len(losses) - 1
    return steps - math.ceil(len(losses) / batches) + first // batches + 1


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
