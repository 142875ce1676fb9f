"""Loss and accuracy of an epoch as TensorFlow 2.4's progress bar prints them."""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.modules import Experiment


def printed_mean(values: Sequence[Tensor], sizes: Sequence[int]) -> float:
    """Mean of the running means, the last one twice: (m_1 + ... + m_T + m_T) / (T + 1).

    TensorFlow 2.4's progress bar averages the running means m_1, ..., m_T of the T batches of an
    epoch once more.

    >>> printed_mean([torch.tensor(4.0), torch.tensor(1.0)], [1, 2])  # (4 + 2 + 2) / 3
    2.6666666666666665

    Args:
        values: Mean of each batch, scalars.
        sizes: Number of samples in each batch.
    """
    weights = torch.tensor(sizes, dtype=torch.float64)
    totals = (torch.stack(list(values)).cpu().double() * weights).cumsum(dim=0)
    running = totals / weights.cumsum(dim=0)
    return float((running.sum() + running[-1]) / (len(sizes) + 1))


class PrintedMeans(pl.Callback):
    """Logs `printed_loss` and `printed_accuracy` beside an `Experiment`'s `loss` and `accuracy`.

    The training figures that the TensorFlow 2.4 edition prints are such means, see `printed_mean`;
    like is to be compared with like. Nothing is read from the device before the epoch ends.
    """

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget the epoch before."""
        self.losses: list[Tensor] = []
        self.accuracies: list[Tensor] = []
        self.sizes: list[int] = []

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Keep the figures of a batch."""
        if isinstance(pl_module, Experiment) and outputs:
            self.losses.append(outputs["loss"])
            if "accuracy" in outputs:
                self.accuracies.append(outputs["accuracy"])
            self.sizes.append(len(batch[1]))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the means."""
        if self.losses:
            # Lightning hands on the loss divided by the number of batches that a step adds up.
            loss = trainer.accumulate_grad_batches * printed_mean(self.losses, self.sizes)
            pl_module.log_dict({"printed_loss": loss}, sync_dist=True, batch_size=1)
        if self.accuracies:
            accuracy = printed_mean(self.accuracies, self.sizes)
            pl_module.log_dict({"printed_accuracy": accuracy}, sync_dist=True, batch_size=1)
