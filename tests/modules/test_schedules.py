from collections.abc import Callable

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.modules import (
    ExponentialSchedule,
    ExponentialScheduleByBatch,
    ExponentialScheduleByEpoch,
    OneCycleSchedule,
    PiecewiseConstantSchedule,
    PowerSchedule,
)
from dnn_techniques.modules.schedules import STEPS_IN_20_EPOCHS, ScheduledNet

STEPS, EPOCHS = 4, 18


@pytest.mark.parametrize(
    ("module", "rate"),
    [
        (PowerSchedule, lambda t: 0.01 / (1 + 1e-4 * t)),
        (ExponentialSchedule, lambda t: 0.01 * 0.1 ** (t / 34375)),
        (ExponentialScheduleByEpoch, lambda t: 0.01 * 0.1 ** (t // STEPS / 20)),
        (ExponentialScheduleByBatch, lambda t: 0.01 * 0.1 ** ((t + 1) / 34375)),
        (
            PiecewiseConstantSchedule,
            lambda t: 0.01 if t // STEPS < 5 else 0.005 if t // STEPS < 15 else 0.001,
        ),
        # 72 steps: 8 last ones, halves of 32
        (OneCycleSchedule, lambda t: 0.005 + 0.045 * (t if t <= 32 else 64 - t) / 32),
    ],
)
def test_every_step_has_the_documented_rate(
    module: type[ScheduledNet], rate: Callable[[int], float]
) -> None:
    rates: list[float] = []

    class Watched(module):  # type: ignore[misc, valid-type]
        def loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])
            loss: torch.Tensor = super().loss(logits, labels)
            return loss

    data = TensorDataset(torch.rand(4 * STEPS, 6), torch.zeros(4 * STEPS, dtype=torch.long))
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=EPOCHS,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Watched(in_features=6, hidden=(5,)), DataLoader(data, batch_size=4))
    assert len(rates) == STEPS * EPOCHS
    assert rates[:64] == pytest.approx([rate(t) for t in range(64)], rel=1e-9)


def test_s_is_the_notebooks() -> None:
    assert STEPS_IN_20_EPOCHS == 34375
