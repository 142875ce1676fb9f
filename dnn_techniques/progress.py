"""The progress display of a training: a bar within the epoch, a line after it."""

import sys
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from tqdm import tqdm

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


class EpochProgress(ProgressBar):
    """Shows the running epoch as a bar and each finished epoch as a line.

    Where the output is no terminal, there are only the lines.

    Args:
        show: Gets each line; printed by default.
    """

    def __init__(self, show: Callable[[str], None] = print) -> None:
        super().__init__()
        self.show = show

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the bar of the epoch."""
        self.title = f"epoch {trainer.current_epoch + 1:2d}/{trainer.max_epochs}"
        self.start = time.perf_counter()
        self.bar = tqdm(
            total=trainer.num_training_batches,
            desc=self.title,
            bar_format="{desc}  {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}",
            leave=False,
            file=sys.stdout,
            disable=not sys.stdout.isatty(),
        )

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar."""
        self.bar.update()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Replace the bar by a line with the figures of the epoch."""
        self.bar.close()
        metrics = trainer.callback_metrics
        figures = "".join(f"  {name} {metrics[name]:.4f}" for name in FIGURES if name in metrics)
        self.show(f"{self.title}{figures}  {time.perf_counter() - self.start:.1f} s")
