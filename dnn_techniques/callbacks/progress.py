"""The progress display of a training: a bar within the epoch, a line after it."""

import sys
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from tqdm import tqdm


class EpochProgress(ProgressBar):
    """Shows the running epoch as a bar and each finished epoch as a line.

    The line has the figures that the module logs with ``prog_bar=True``. Where the output is no
    terminal, there are only the lines.

    Args:
        show: Gets each line; printed by default.
    """

    def __init__(self, show: Callable[[str], None] = print) -> None:
        super().__init__()
        self.show = show
        self.enabled = True

    def disable(self) -> None:
        """Show nothing, as Lightning asks of all but one of the processes that train together."""
        self.enabled = False
        self.show = lambda line: None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the bar of the epoch."""
        self.title = f"epoch {trainer.current_epoch + 1:2d}"
        if trainer.max_epochs != -1:  # a number of steps was given
            self.title += f"/{trainer.max_epochs}"
        self.start = time.perf_counter()
        self.bar = tqdm(
            total=trainer.num_training_batches,
            desc=self.title,
            bar_format="{desc}  {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}",
            leave=False,
            file=sys.stdout,
            disable=not (self.enabled and sys.stdout.isatty()),
        )

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar to this batch, which need not be the next one."""
        self.bar.update(batch_idx + 1 - self.bar.n)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Replace the bar by a line with the figures of the epoch."""
        self.bar.close()
        metrics = trainer.progress_bar_metrics
        names = sorted(metrics, key=lambda name: name.startswith("val_"))
        figures = "".join(f"  {name} {metrics[name]:.4f}" for name in names)
        self.show(f"{self.title}{figures}  {time.perf_counter() - self.start:.1f} s")
