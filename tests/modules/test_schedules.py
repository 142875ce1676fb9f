from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.modules import (
    ExponentialSchedule,
    ExponentialScheduleByBatch,
    ExponentialScheduleByEpoch,
    OneCycleSchedule,
    PerformanceSchedule,
    PiecewiseConstantSchedule,
    PowerSchedule,
)
from dnn_techniques.modules.schedules import STEPS_IN_20_EPOCHS, ScheduledNet
from tests.modules.trainer import Rates, trainer

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
    data = TensorDataset(torch.rand(4 * STEPS, 6), torch.zeros(4 * STEPS, dtype=torch.long))
    record = Rates()
    fit = trainer(max_epochs=EPOCHS, callbacks=[record])
    fit.fit(module(in_features=6, hidden=(5,)), DataLoader(data, batch_size=4))
    assert len(record.rates) == STEPS * EPOCHS
    assert record.rates[:64] == pytest.approx([rate(t) for t in range(64)], rel=1e-9)


@pytest.mark.parametrize(
    ("module", "rate"),
    [
        (PowerSchedule(s=7, c=2), lambda t: 0.01 / (1 + t / 7) ** 2),
        (ExponentialSchedule(s=30), lambda t: 0.01 * 0.1 ** (t / 30)),
        (ExponentialScheduleByEpoch(s=4), lambda t: 0.01 * 0.1 ** (t / 4)),
        (ExponentialScheduleByBatch(s=30), lambda t: 0.01 * 0.1 ** ((t + 1) / 30)),
        (
            PiecewiseConstantSchedule(boundaries=(2,), factors=(1, 3)),
            lambda t: 0.01 if t < 2 else 0.03,
        ),
        (PerformanceSchedule(factor=0.1, patience=3), lambda t: 0.02 if t < 4 else 0.002),
    ],
)
def test_its_values_can_be_chosen(module: ScheduledNet, rate: Callable[[int], float]) -> None:
    """t counts steps or epochs; the validation loss never falls after the first one."""
    optimizer = module.make_optimizer()
    schedule: Any = module.make_schedule(optimizer)
    found = []
    for _ in range(6):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*([1.0] if isinstance(schedule, ReduceLROnPlateau) else []))
    assert found == pytest.approx([rate(t) for t in range(6)])


def test_s_is_the_notebooks() -> None:
    assert STEPS_IN_20_EPOCHS == 34375
