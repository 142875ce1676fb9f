from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.modules import (
    ExponentialSchedule,
    ExponentialScheduleByBatch,
    ExponentialScheduleByEpoch,
    OneCycleMomentumSchedule,
    OneCycleSchedule,
    PerformanceSchedule,
    PiecewiseConstantSchedule,
    PiecewiseConstantScheduleByStep,
    PowerSchedule,
)
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.modules.schedules import ScheduledNet
from tests.modules.trainer import Rates, trainer

STEPS, EPOCHS = 4, 18
BATCH = 4
IMAGES = 14  # the last batch of an epoch has 2


def samples(images: int) -> TensorDataset:
    return TensorDataset(torch.rand(images, 6), torch.zeros(images, dtype=torch.long))


@pytest.mark.parametrize(
    ("module", "rate"),
    [
        (PowerSchedule, lambda t: 0.01 / (1 + 1e-4 * t)),
        (ExponentialSchedule, lambda t: 0.01 * 0.1 ** (t / 70)),
        (ExponentialScheduleByEpoch, lambda t: 0.01 * 0.1 ** (t // STEPS / 20)),
        (ExponentialScheduleByBatch, lambda t: 0.01 * 0.1 ** ((t + 1) / 70)),
        (
            PiecewiseConstantSchedule,
            lambda t: 0.01 if t // STEPS < 5 else 0.005 if t // STEPS < 15 else 0.001,
        ),
        (
            PiecewiseConstantScheduleByStep,
            lambda t: 0.01 if t <= 5 * STEPS else 0.005 if t <= 15 * STEPS else 0.001,
        ),
        # 72 steps: 8 last ones, halves of 32
        (OneCycleSchedule, lambda t: 0.005 + 0.045 * (t if t <= 32 else 64 - t) / 32),
    ],
)
def test_every_step_has_the_documented_rate(
    module: type[ScheduledNet], rate: Callable[[int], float]
) -> None:
    record = Rates()
    fit = trainer(max_epochs=EPOCHS, callbacks=[record])
    fit.fit(module(in_features=6, hidden=(5,)), DataLoader(samples(IMAGES), BATCH))
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


class Counts(ExponentialSchedule):
    """Keeps what it counts when the schedule is made."""

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        self.counted = self.steps_in(20), self.steps_per_epoch()
        return super().make_schedule(optimizer)


@pytest.mark.parametrize(
    ("images", "batch", "counted"),
    [
        (55_000, 32, (34_375, 1719)),  # 20 epochs have 20 * 1719 = 34,380 steps
        (55_000, 128, (8593, 430)),
        (43_986, 32, (27_491, 1375)),
    ],
)
@pytest.mark.parametrize("loader", [DataLoader, ShuffledBatches])
def test_s_is_computed_as_the_notebook_does(
    images: int, batch: int, counted: tuple[int, int], loader: Any
) -> None:
    module, (x, y) = (
        Counts(in_features=1, hidden=(2,)),
        (torch.zeros(images, 1), torch.zeros(images)),
    )
    batches: Any
    if loader is DataLoader:
        batches = DataLoader(TensorDataset(x, y.long()), batch)
    else:
        batches = ShuffledBatches(x, y.long(), batch, torch.randperm)
    trainer(max_epochs=25, max_steps=1, limit_val_batches=0).fit(module, batches)
    assert module.counted == counted
    assert module.s is None


def test_several_batches_may_make_a_step() -> None:
    module = Counts(in_features=6, hidden=(5,))
    fit = trainer(max_epochs=1, accumulate_grad_batches=3)
    fit.fit(module, DataLoader(samples(IMAGES), BATCH))
    assert module.counted == (20 * IMAGES // (3 * BATCH), 2)
    assert fit.global_step == 2


def test_momentum_is_cycled_against_the_rate() -> None:
    """72 steps: 8 last ones, halves of 32."""

    class Momenta(Rates):
        def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
            super().on_before_optimizer_step(trainer, pl_module, optimizer)
            momenta.append(optimizer.param_groups[0]["momentum"])

    momenta: list[float] = []
    record = Momenta()
    module = OneCycleMomentumSchedule(in_features=6, hidden=(5,))
    fit = trainer(max_epochs=EPOCHS, callbacks=[record])
    fit.fit(module, DataLoader(samples(IMAGES), BATCH))
    cycle = [min(t, 64 - t) / 32 if t <= 64 else 0 for t in range(72)]
    assert momenta == pytest.approx([0.95 - 0.1 * share for share in cycle], rel=1e-9)
    assert record.rates[:64] == pytest.approx([0.005 + 0.045 * c for c in cycle[:64]], rel=1e-9)
    assert record.rates[-1] < 0.001
