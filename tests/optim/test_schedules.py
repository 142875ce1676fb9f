"""Schedules against values made by TensorFlow, Keras's own rules and their closed forms."""

import io
import json
import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import LRScheduler, MultiStepLR, OneCycleLR, ReduceLROnPlateau

from dnn_techniques.optim.one_cycle import OneCycle, one_cycle
from dnn_techniques.optim.plateau import reduce_on_plateau
from dnn_techniques.optim.schedules import (
    Exponential,
    PiecewiseConstant,
    Power,
    exponential,
    piecewise_constant,
    power,
)

GOLDENS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "goldens/tensorflow.json").read_text()
)["schedules"]
STEPS: list[int] = GOLDENS["steps"]
FLOAT32 = 1e-7  # relative; the goldens are float32

quick = settings(max_examples=30, deadline=None)
Attach = Callable[[Optimizer], LRScheduler]


def make_optimizer() -> SGD:
    """Two groups, so that every schedule must respect their own base rates."""
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    groups: list[dict[str, Any]] = [{"params": [first]}, {"params": [second], "lr": 0.3}]
    return SGD(groups, lr=0.01, momentum=0.9)


def advance(
    optimizer: Optimizer, scheduler: LRScheduler, losses: Iterable[float]
) -> list[list[tuple[float, float]]]:
    """(rate, momentum) of each group in each step; one step a loss."""
    seen = []
    for loss in losses:
        seen.append([(group["lr"], group["momentum"]) for group in optimizer.param_groups])
        optimizer.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(loss)
        else:
            scheduler.step()
    return seen


def rates(attach: Attach, steps: int) -> list[float]:
    optimizer = make_optimizer()
    return [groups[0][0] for groups in advance(optimizer, attach(optimizer), [0.0] * steps)]


def momenta(attach: Attach, steps: int) -> list[float]:
    optimizer = make_optimizer()
    return [groups[0][1] for groups in advance(optimizer, attach(optimizer), [0.0] * steps)]


# --- values made by TensorFlow ---


def test_exponential_matches_tensorflow() -> None:
    schedule = Exponential(s=34375)
    for t, golden in zip(STEPS, GOLDENS["exponential_0.01_s34375"], strict=True):
        assert 0.01 * schedule(t) == pytest.approx(golden, rel=FLOAT32, abs=0)


def test_power_matches_the_decay_of_keras() -> None:
    schedule = Power(s=1 / 1e-4)
    for t, golden in zip(STEPS, GOLDENS["inverse_time_0.01_1e-4"], strict=True):
        assert 0.01 * schedule(t) == pytest.approx(golden, rel=FLOAT32, abs=0)


def test_piecewise_constant_matches_tensorflow() -> None:
    schedule = PiecewiseConstant((10, 100), (1, 0.5, 0.1))
    for t, golden in zip(STEPS, GOLDENS["piecewise_10_100"], strict=True):
        assert 0.01 * schedule(t) == pytest.approx(golden, rel=FLOAT32, abs=0)


def test_multi_step_lr_misses_the_inclusive_boundary() -> None:
    golden = dict(zip(STEPS, GOLDENS["piecewise_10_100"], strict=True))
    torch_rates = rates(partial(MultiStepLR, milestones=[10, 100], gamma=0.5), 12)
    ours = rates(partial(piecewise_constant, boundaries=[10, 100], factors=[1, 0.5, 0.1]), 12)
    assert torch_rates[9] == pytest.approx(golden[9], rel=FLOAT32)
    assert torch_rates[10] == pytest.approx(golden[10] / 2, rel=FLOAT32)
    assert torch_rates[11] == pytest.approx(golden[11], rel=FLOAT32)
    assert [ours[t] for t in (9, 10, 11)] == pytest.approx(
        [golden[t] for t in (9, 10, 11)], rel=FLOAT32
    )


def plateau_rates(attach: Attach, losses: Iterable[float], lr: float = 0.1) -> list[float]:
    """Rate of each epoch, rounded to float32 as Keras's variable is."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    group = optimizer.param_groups[0]
    scheduler = attach(optimizer)
    assert isinstance(scheduler, ReduceLROnPlateau)
    seen = []
    for loss in losses:
        group["lr"] = float(np.float32(group["lr"]))
        seen.append(group["lr"])
        scheduler.step(loss)
    return seen


@pytest.mark.parametrize("golden", GOLDENS["plateau"])
def test_reduce_on_plateau_matches_tensorflow(golden: dict[str, Any]) -> None:
    # Keras multiplies float32 by float32.
    arguments = {"factor": float(np.float32(golden["factor"])), "patience": golden["patience"]}
    expected = golden["lr_used_in_epoch"]
    ours = plateau_rates(partial(reduce_on_plateau, **arguments), golden["val_loss"])
    assert ours == expected
    plain = plateau_rates(partial(ReduceLROnPlateau, **arguments), golden["val_loss"])
    assert plain != pytest.approx(expected, rel=0.01, abs=0)


# --- rules of Keras and of the notebook, written down a second time ---


def test_exponential_per_step_and_staircase() -> None:
    smooth = rates(partial(exponential, s=4), 10)
    stairs = rates(partial(exponential, s=4, staircase=True), 10)
    assert smooth == pytest.approx([0.01 * 10 ** (-t / 4) for t in range(10)], rel=1e-14)
    assert stairs == pytest.approx([0.01] * 4 + [0.001] * 4 + [0.0001] * 2, rel=1e-14)


def test_decay_first_is_the_notebooks_callback() -> None:
    s = 20 * 55000 // 32
    assert s == 34375
    lr, expected = 0.01, []
    for _ in range(3000):
        lr *= 0.1 ** (1 / s)  # when a batch begins, the first one too
        expected.append(lr)
    ours = rates(partial(exponential, s=s, decay_first=True), 3000)
    assert ours == pytest.approx(expected, rel=1e-12, abs=0)
    assert rates(partial(exponential, s=s), 3000) != pytest.approx(expected, rel=1e-5, abs=0)


def test_exclusive_boundaries_are_the_notebooks_function_of_the_epoch() -> None:
    def documented(epoch: int) -> float:
        if epoch < 5:
            return 0.01
        return 0.005 if epoch < 15 else 0.001

    ours = rates(partial(piecewise_constant, boundaries=[5, 15], factors=[1, 0.5, 0.1]), 25)
    exclusive = partial(
        piecewise_constant, boundaries=[5, 15], factors=[1, 0.5, 0.1], inclusive=False
    )
    assert rates(exclusive, 25) == pytest.approx([documented(e) for e in range(25)], rel=1e-15)
    assert [e for e in range(25) if ours[e] != documented(e)] == [5, 15]


def keras_plateau(
    losses: list[float],
    factor: float,
    patience: int,
    min_delta: float,
    cooldown: int,
    min_lr: float,
    sign: int,
) -> list[float]:
    """Rate of each epoch by the rules of Keras's callback."""
    lr, best, wait, cooling, seen = 0.1, math.inf, 0, 0, []
    for loss in losses:
        seen.append(lr)
        if cooling > 0:
            cooling -= 1
            wait = 0
        if sign * loss < best - min_delta:
            best = sign * loss
            wait = 0
        elif cooling == 0:
            wait += 1
            if wait >= patience and lr > min_lr:
                lr = max(lr * factor, min_lr)
                cooling = cooldown
                wait = 0
    return seen


@quick
@given(
    losses=st.lists(
        st.integers(0, 20).map(lambda n: n / 10) | st.just(math.nan), min_size=1, max_size=40
    ),
    factor=st.sampled_from([0.5, 0.1]),
    patience=st.integers(0, 4),
    min_delta=st.sampled_from([0.0, 1e-4, 0.25]),
    cooldown=st.integers(0, 4),
    min_lr=st.sampled_from([0.0, 0.03]),
    maximize=st.booleans(),
)
def test_reduce_on_plateau_follows_the_rules_of_keras(
    losses: list[float],
    factor: float,
    patience: int,
    min_delta: float,
    cooldown: int,
    min_lr: float,
    maximize: bool,
) -> None:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = reduce_on_plateau(
        optimizer, factor, patience, min_delta, cooldown, min_lr, "max" if maximize else "min"
    )
    ours = []
    for loss in losses:
        ours.append(optimizer.param_groups[0]["lr"])
        scheduler.step(loss)
    expected = keras_plateau(
        losses, factor, patience, min_delta, cooldown, min_lr, -1 if maximize else 1
    )
    assert ours == expected


class NotebookOneCycle:
    """The rules of the notebook's callback: up, down, and then far down, in straight lines."""

    def __init__(
        self,
        steps: int,
        max_rate: float,
        start_rate: float | None = None,
        last_steps: int | None = None,
        last_rate: float | None = None,
    ) -> None:
        start = start_rate or max_rate / 10
        last = last_steps or steps // 10 + 1
        self.half = (steps - last) // 2
        self.knots = [0, self.half, 2 * self.half, steps]
        self.rates = [start, max_rate, start, last_rate or start / 1000]

    def __call__(self, t: int) -> float:
        line = 0 if t < self.half else 1 if t < 2 * self.half else 2
        (t1, t2), (r1, r2) = self.knots[line : line + 2], self.rates[line : line + 2]
        return (r2 - r1) * (t - t1) / (t2 - t1) + r1


@pytest.mark.parametrize("steps", [3, 4, 10, 1719, 25 * 430, 15 * 352])
def test_one_cycle_is_the_notebooks(steps: int) -> None:
    documented = NotebookOneCycle(steps, 0.05)
    ours = rates(partial(one_cycle, max_lr=0.05, steps=steps), steps)
    assert ours == pytest.approx([documented(t) for t in range(steps)], rel=0, abs=2e-17)
    pure = OneCycle(0.05, steps)
    assert [pure(t) for t in range(steps)] == pytest.approx(ours, rel=0, abs=2e-17)


@quick
@given(
    steps=st.integers(3, 300),
    share=st.floats(0, 1),
    div=st.floats(1, 100),
    final_div=st.floats(1, 1e4),
)
def test_one_cycle_with_other_settings_is_the_notebooks(
    steps: int, share: float, div: float, final_div: float
) -> None:
    last_steps = 1 + round(share * (steps - 3))
    start = 0.05 / div
    documented = NotebookOneCycle(steps, 0.05, start, last_steps, start / final_div)
    attach = partial(
        one_cycle,
        max_lr=0.05,
        steps=steps,
        div_factor=div,
        final_div_factor=final_div,
        last_steps=last_steps,
    )
    assert rates(attach, steps) == pytest.approx(
        [documented(t) for t in range(steps)], rel=0, abs=1e-15
    )


def test_torchs_one_cycle_defaults_miss_the_notebooks() -> None:
    documented = NotebookOneCycle(1000, 0.05)
    plain = rates(partial(OneCycleLR, max_lr=0.05, total_steps=1000), 1000)
    assert max(abs(plain[t] - documented(t)) for t in range(1000)) > 0.01
    assert len(set(momenta(partial(OneCycleLR, max_lr=0.05, total_steps=1000), 1000))) > 100
    assert set(momenta(partial(one_cycle, max_lr=0.05, steps=1000), 1000)) == {0.9}


@quick
@given(steps=st.integers(3, 300))
def test_one_cycle_with_momentum_is_the_books(steps: int) -> None:
    half = (steps - (steps // 10 + 1)) // 2
    ours = momenta(partial(one_cycle, max_lr=0.05, steps=steps, cycle_momentum=True), steps)
    expected = np.interp(range(steps), [0, half, 2 * half], [0.95, 0.85, 0.95])
    assert ours == pytest.approx(expected.tolist(), rel=0, abs=1e-14)


def test_one_cycle_cycles_beta1_of_adam_and_leaves_beta2() -> None:
    optimizer = Adam([torch.zeros(1, requires_grad=True)], betas=(0.9, 0.98))
    scheduler = one_cycle(optimizer, 0.05, 21, cycle_momentum=True)
    for _ in range(9):  # half = (21 - 3) // 2
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["betas"] == pytest.approx((0.85, 0.98), abs=1e-15)


# --- properties ---

ATTACH: dict[str, Attach] = {
    "power": partial(power, s=3, c=1.5),
    "exponential": partial(exponential, s=7),
    "staircase": partial(exponential, s=3, staircase=True),
    "decay first": partial(exponential, s=7, decay_first=True),
    "piecewise": partial(piecewise_constant, boundaries=[4, 9], factors=[1, 0.5, 0.1]),
    "plateau": partial(reduce_on_plateau, factor=0.5, patience=2, cooldown=2),
    "1cycle": partial(one_cycle, max_lr=0.05, steps=30),
    "1cycle with momentum": partial(one_cycle, max_lr=0.05, steps=30, cycle_momentum=True),
}


@pytest.mark.parametrize("name", ATTACH)
@settings(max_examples=10, deadline=None)
@given(losses=st.lists(st.floats(0, 2), min_size=1, max_size=30), data=st.data())
def test_resumed_equals_uninterrupted(name: str, losses: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(losses)))
    optimizer = make_optimizer()
    unbroken = advance(optimizer, ATTACH[name](optimizer), losses)

    optimizer = make_optimizer()
    scheduler = ATTACH[name](optimizer)
    begun = advance(optimizer, scheduler, losses[:cut])
    file = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, file)
    file.seek(0)

    checkpoint = torch.load(file, weights_only=True)
    optimizer = make_optimizer()
    scheduler = ATTACH[name](optimizer)
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    assert begun + advance(optimizer, scheduler, losses[cut:]) == unbroken


def test_the_settings_of_a_schedule_come_back_from_its_state() -> None:
    optimizer = make_optimizer()
    state = piecewise_constant(optimizer, [1], [1, 0.5]).state_dict()
    scheduler = piecewise_constant(optimizer, [7], [1, 0.1])
    scheduler.load_state_dict(state)
    assert [rate for ((rate, _), _) in advance(optimizer, scheduler, [0.0] * 4)] == [
        0.01,
        0.01,
        0.005,
        0.005,
    ]


@pytest.mark.parametrize(
    "name", ["power", "exponential", "staircase", "decay first", "piecewise", "plateau"]
)
def test_each_group_keeps_its_own_base_rate(name: str) -> None:
    optimizer = make_optimizer()
    for (first, _), (second, _) in advance(optimizer, ATTACH[name](optimizer), [1.0] * 20):
        assert second == pytest.approx(30 * first, rel=1e-14)


times = st.integers(0, 10**6)
scales = st.floats(1e-3, 1e6)


@quick
@given(s=scales, c=st.floats(0, 4), t=times)
def test_power_falls_from_one_within_bounds(s: float, c: float, t: int) -> None:
    schedule = Power(s, c)
    assert schedule(0) == 1
    assert schedule(s) == pytest.approx(2**-c, rel=1e-14)
    assert 0 < schedule(t + 1) <= schedule(t) <= 1


@quick
@given(s=scales, t=times)
def test_exponential_falls_from_one_tenfold_every_s(s: float, t: int) -> None:
    schedule, stairs = Exponential(s), Exponential(s, staircase=True)
    assert schedule(0) == stairs(0) == 1
    assert schedule(s) == stairs(s) == 0.1
    assert 0 <= schedule(t + 1) <= schedule(t) <= stairs(t) <= 1
    assert Exponential(s, decay_first=True)(t) == schedule(t + 1)


@quick
@given(
    boundaries=st.lists(st.integers(0, 50), unique=True, max_size=5).map(sorted),
    inclusive=st.booleans(),
    data=st.data(),
)
def test_piecewise_constant_changes_only_at_its_boundaries(
    boundaries: list[int], inclusive: bool, data: st.DataObject
) -> None:
    # Strictly falling factors, so that every change shows.
    factors = [1 / (i + 1) for i in range(len(boundaries) + 1)]
    schedule = PiecewiseConstant(tuple(boundaries), tuple(factors), inclusive)
    t = data.draw(st.integers(-1, 52))
    passed = sum(t > b if inclusive else t >= b for b in boundaries)
    assert schedule(t) == factors[passed]


@quick
@given(steps=st.integers(3, 400), max_lr=st.floats(1e-4, 10))
def test_one_cycle_ends_and_bounds(steps: int, max_lr: float) -> None:
    half = (steps - (steps // 10 + 1)) // 2
    ours = rates(partial(one_cycle, max_lr=max_lr, steps=steps), steps + 1)
    near = partial(pytest.approx, rel=1e-12, abs=0)
    assert [ours[t] for t in (0, half, 2 * half)] == [near(max_lr / d) for d in (10, 1, 10)]
    assert ours[steps] == pytest.approx(max_lr / 10_000, rel=1e-9)
    assert max_lr / 10_000 * (1 - 1e-9) <= min(ours)
    assert max(ours) <= max_lr * (1 + 1e-12)
    rising = np.diff(ours) > 0
    assert rising[:half].all()
    assert not rising[half:].any()


# --- bad values ---

NAN = math.nan


@pytest.mark.parametrize(
    ("attach", "message"),
    [
        (partial(power, s=0), r"s must be above 0, got 0"),
        (partial(power, s=NAN), r"s must be above 0, got nan"),
        (partial(power, s=1, c=-1), r"c must be at least 0, got -1"),
        (partial(exponential, s=-2.0), r"s must be above 0, got -2.0"),
        (
            partial(piecewise_constant, boundaries=[5, 5], factors=[1, 1, 1]),
            r"boundaries must increase, got \(5, 5\)",
        ),
        (
            partial(piecewise_constant, boundaries=[-1, 2], factors=[1, 1, 1]),
            r"boundaries must be at least 0, got \(-1, 2\)",
        ),
        (
            partial(piecewise_constant, boundaries=[NAN], factors=[1, 1]),
            r"boundaries must increase, got \(nan,\)",
        ),
        (
            partial(piecewise_constant, boundaries=[5], factors=[1]),
            r"factors must have one more value than the 1 boundaries, got \(1,\)",
        ),
        (
            partial(piecewise_constant, boundaries=[5], factors=[1, -0.5]),
            r"factors must be at least 0 and finite, got \(1, -0.5\)",
        ),
        (partial(reduce_on_plateau, factor=1.0), r"factor must be in \(0, 1\), got 1.0"),
        (partial(reduce_on_plateau, factor=0.0), r"factor must be in \(0, 1\), got 0.0"),
        (
            partial(reduce_on_plateau, patience=-1),
            r"patience must be a whole number and at least 0, got -1",
        ),
        (partial(reduce_on_plateau, min_delta=-1e-4), r"min_delta must be at least 0, got -0.0001"),
        (
            partial(reduce_on_plateau, cooldown=-1),
            r"cooldown must be a whole number and at least 0, got -1",
        ),
        (partial(reduce_on_plateau, min_lr=-0.1), r"min_lr must be at least 0, got -0.1"),
        (partial(one_cycle, max_lr=0, steps=100), r"max_lr must be above 0, got 0"),
        (partial(one_cycle, max_lr=1, steps=2), r"steps must be at least 3, got 2"),
        (
            partial(one_cycle, max_lr=1, steps=100, last_steps=99),
            r"last_steps must be in \[1, 98\], got 99",
        ),
        (
            partial(one_cycle, max_lr=1, steps=100, last_steps=0),
            r"last_steps must be in \[1, 98\], got 0",
        ),
        (
            partial(one_cycle, max_lr=1, steps=100, div_factor=0.5),
            r"div_factor must be at least 1, got 0.5",
        ),
        (
            partial(one_cycle, max_lr=1, steps=100, final_div_factor=NAN),
            r"final_div_factor must be at least 1, got nan",
        ),
        (
            partial(one_cycle, max_lr=1, steps=100, base_momentum=-0.1),
            r"base_momentum must be in \[0, 1\), got -0.1",
        ),
        (
            partial(one_cycle, max_lr=1, steps=100, max_momentum=1.0),
            r"max_momentum must be in \[0.85, 1\), got 1.0",
        ),
    ],
)
def test_bad_values_are_refused(attach: Attach, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        attach(make_optimizer())
