from collections.abc import Callable, Sequence

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, MultiStepLR, OneCycleLR

from dnn_techniques.optim.sgd import KerasSGD

TOLERANCE = 3e-6  # the goldens are float32
DROPPED = "sgd_momentum_lr_0.05_then_0.005_from_step_11"
Distance = Callable[..., float]


class Scheduled:
    """Steps a scheduler between the steps of the optimizer."""

    def __init__(self, make: Callable[[Optimizer], LRScheduler]) -> None:
        self.make = make

    def __call__(self, params: list[nn.Parameter], optimizer: Optimizer, t: int) -> None:
        if t == 0:
            self.scheduler = self.make(optimizer)
        else:
            self.scheduler.step()


def drop(params: list[nn.Parameter], optimizer: Optimizer, t: int) -> None:
    optimizer.param_groups[0]["lr"] = 0.05 if t < 10 else 0.005


def run(
    optimizer: Optimizer,
    p: nn.Parameter,
    gradients: Sequence[float],
    rates: Sequence[float],
    momenta: Sequence[float],
) -> list[float]:
    """Weights after each step with these rates and momenta."""
    weights = []
    for g, lr, momentum in zip(gradients, rates, momenta, strict=True):
        optimizer.param_groups[0].update(lr=lr, momentum=momentum)
        p.grad = torch.full_like(p, g)
        optimizer.step()
        weights.append(p.item())
    return weights


def reference(
    w: float,
    gradients: Sequence[float],
    rates: Sequence[float],
    momenta: Sequence[float],
    nesterov: bool = False,
) -> list[float]:
    """The same by Keras's formula."""
    v, weights = 0.0, []
    for g, lr, momentum in zip(gradients, rates, momenta, strict=True):
        v = momentum * v - lr * g
        w += momentum * v - lr * g if nesterov else v
        weights.append(w)
    return weights


def scalar() -> nn.Parameter:
    return nn.Parameter(torch.tensor([1.0], dtype=torch.float64))


@pytest.mark.parametrize(
    ("name", "momentum", "nesterov"),
    [("sgd", 0.0, False), ("sgd_momentum", 0.9, False), ("sgd_nesterov", 0.9, True)],
)
def test_matches_keras(
    golden_distance: Distance, name: str, momentum: float, nesterov: bool
) -> None:
    assert golden_distance(name, lambda ps: KerasSGD(ps, 0.05, momentum, nesterov)) < TOLERANCE


def test_power_decay_is_a_schedule(golden_distance: Distance) -> None:
    decay = Scheduled(lambda optimizer: LambdaLR(optimizer, lambda t: 1 / (1 + 0.01 * t)))
    assert golden_distance("sgd_power_decay", lambda ps: KerasSGD(ps, 0.05), decay) < TOLERANCE
    assert golden_distance("sgd_power_decay", lambda ps: KerasSGD(ps, 0.05)) > 1e-3


def test_velocity_keeps_its_size_when_the_rate_drops(golden_distance: Distance) -> None:
    assert golden_distance(DROPPED, lambda ps: KerasSGD(ps, 0.05, 0.9), drop) < TOLERANCE
    scheduled = Scheduled(lambda optimizer: MultiStepLR(optimizer, [10]))
    assert golden_distance(DROPPED, lambda ps: KerasSGD(ps, 0.05, 0.9), scheduled) < TOLERANCE


def test_torch_sgd_misses_keras_when_the_rate_drops(golden_distance: Distance) -> None:
    assert golden_distance(DROPPED, lambda ps: torch.optim.SGD(ps, 0.05, 0.9), drop) > 0.1


@pytest.mark.parametrize("nesterov", [False, True])
def test_survives_a_rate_of_zero_and_a_changing_momentum(nesterov: bool) -> None:
    gradients = [1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 2.0]
    rates = [0.1, 0.1, 0.0, 0.0, 0.2, 0.01, 0.3]
    momenta = [0.95, 0.9, 0.9, 0.85, 0.0, 0.0, 0.9]
    p = scalar()
    weights = run(KerasSGD([p], 0.1, 0.9, nesterov), p, gradients, rates, momenta)
    assert weights == pytest.approx(reference(1.0, gradients, rates, momenta, nesterov), abs=1e-14)


def test_momentum_that_begins_later_starts_from_rest() -> None:
    gradients, rates, momenta = [1.0, 1.0, 1.0], [0.1] * 3, [0.0, 0.9, 0.9]
    p = scalar()
    weights = run(KerasSGD([p], 0.1), p, gradients, rates, momenta)
    assert weights == pytest.approx([0.9, 0.8, 0.8 - 0.09 - 0.1], abs=1e-14)


def test_one_cycle_cycles_rate_and_momentum() -> None:
    p = scalar()
    optimizer = KerasSGD([p], lr=0.1, momentum=0.95)
    scheduler = OneCycleLR(
        optimizer, max_lr=0.5, total_steps=20, base_momentum=0.85, max_momentum=0.95
    )
    gradients = [(-1.0) ** t * (t + 1) for t in range(20)]
    rates, momenta, weights = [], [], []
    for t, g in enumerate(gradients):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        p.grad = torch.full_like(p, g)
        optimizer.step()
        weights.append(p.item())
        if t < 19:
            scheduler.step()
    assert min(momenta) == pytest.approx(0.85)
    assert max(rates) == pytest.approx(0.5)
    assert weights == pytest.approx(reference(1.0, gradients, rates, momenta), abs=1e-12)


def test_agrees_with_torch_at_a_constant_rate() -> None:
    p, q = scalar(), scalar()
    ours, torchs = KerasSGD([p], 0.1, 0.9), torch.optim.SGD([q], 0.1, 0.9)
    gradients, rates, momenta = [1.0, -2.0, 0.5], [0.1] * 3, [0.9] * 3
    ours_weights = run(ours, p, gradients, rates, momenta)
    assert ours_weights == pytest.approx(run(torchs, q, gradients, rates, momenta), abs=1e-14)


def test_plain_descent_keeps_no_state() -> None:
    p = scalar()
    optimizer = KerasSGD([p], 0.1)
    run(optimizer, p, [1.0, 1.0], [0.1, 0.1], [0.0, 0.0])
    assert optimizer.state_dict()["state"] == {}
