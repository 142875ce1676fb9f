"""What an experiment measures beside its metrics."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.errors import InputError


class Measured(pl.LightningModule):
    """A base for experiments that measure more than metrics; checkpoints keep it.

    Attributes:
        measured: What was measured, by name; JSON values. A run's result.json has it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.measured: dict[str, Any] = {}

    def validation_images(self) -> Tensor:
        """All validation images, (n, *), on the device and in the precision of the weights.

        Raises:
            InputError: If the trainer has none.
        """
        batches = self.trainer.val_dataloaders
        if batches is None:
            raise InputError(
                "the net is measured on validation images; do not limit their batches to 0"
            )
        return torch.cat([x for x, _ in batches]).to(next(self.parameters()))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was measured, for a resumed run."""
        checkpoint["measured"] = self.measured

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over what was measured."""
        self.measured = checkpoint.get("measured", {})  # {} from a net that measures nothing
