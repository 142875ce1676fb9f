"""What an experiment measures beside its metrics."""

from typing import Any

import pytorch_lightning as pl


class Measured(pl.LightningModule):
    """A base for experiments that measure more than metrics; checkpoints keep it.

    Attributes:
        measured: What was measured, by name; JSON values. A run's result.json has it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.measured: dict[str, Any] = {}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was measured, for a resumed run."""
        checkpoint["measured"] = self.measured

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over what was measured."""
        self.measured = checkpoint.get("measured", {})  # {} from a net that measures nothing
