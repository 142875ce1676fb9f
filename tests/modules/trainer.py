"""A Trainer that leaves nothing behind."""

from typing import Any

import pytorch_lightning as pl

QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
}


def trainer(**options: Any) -> pl.Trainer:
    return pl.Trainer(**(QUIET | options))


class Rates(pl.Callback):
    """Notes the learning rate of each step."""

    def __init__(self) -> None:
        self.rates: list[float] = []

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Any
    ) -> None:
        self.rates.append(optimizer.param_groups[0]["lr"])
