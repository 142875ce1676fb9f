"""Learning-rate schedules as functions of time (chapter 11, "Learning Rate Scheduling").

A schedule maps t, the number of `scheduler.step()` calls so far, to the factor that multiplies the
base rate of every parameter group. The unit of t is the caller's: step the scheduler after every
`optimizer.step()` and t counts optimizer steps, step it after every epoch and t counts epochs.
The first step or epoch has t = 0, as in Keras.

Beside each schedule stands a function that attaches it to an optimizer:

    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    scheduler = exponential(optimizer, s=34375)
    for x, y in batches:
        ...
        optimizer.step()
        scheduler.step()

To resume, build optimizer and scheduler as before, then load the state_dict of both.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from dnn_techniques.checks import check_not_negative, check_positive


@dataclass(frozen=True)
class Power:
    """Power scheduling: ``1 / (1 + t / s)**c``, per optimizer step.

    With c = 1 the rate is halved after s steps, then 1/3, 1/4, ... of the base rate after each s
    more. Keras's ``SGD(decay=d)`` is ``s = 1 / d``, ``c = 1``.

    Args:
        s: Number of steps, above 0.
        c: Power, at least 0.

    Raises:
        ValueError: If `s` or `c` is out of range.

    >>> Power(s=10_000)(10_000)
    0.5
    """

    s: float
    c: float = 1.0

    def __post_init__(self) -> None:
        check_positive(s=self.s)
        check_not_negative(c=self.c)

    def __call__(self, t: float) -> float:
        """Return the factor at time `t`."""
        return math.pow(1 + t / self.s, -self.c)


@dataclass(frozen=True)
class Exponential:
    """Exponential scheduling: ``0.1**(t / s)``, ten times less every s steps or epochs.

    The book steps it per epoch with s = 20. `keras.optimizers.schedules.ExponentialDecay` steps it
    per optimizer step, the notebook with s = 20 * 55000 // 32 = 34375.

    Args:
        s: Number of steps or epochs, above 0.
        staircase: Drop at once after every s steps, ``0.1**(t // s)``.
        decay_first: Decay before the first step too, ``0.1**((t + 1) / s)``. So do the notebook's
            callback, which multiplies when a batch begins, and the ``f(epoch, lr)`` form of
            Keras's `LearningRateScheduler`.

    Raises:
        ValueError: If `s` is not above 0.

    >>> schedule = Exponential(s=20)
    >>> [round(schedule(epoch), 3) for epoch in (0, 10, 20)]
    [1.0, 0.316, 0.1]
    """

    s: float
    staircase: bool = False
    decay_first: bool = False

    def __post_init__(self) -> None:
        check_positive(s=self.s)

    def __call__(self, t: float) -> float:
        """Return the factor at time `t`."""
        t += self.decay_first
        return math.pow(0.1, t // self.s if self.staircase else t / self.s)


@dataclass(frozen=True)
class PiecewiseConstant:
    """Piecewise constant scheduling: one factor up to each boundary, another one after the last.

    Keras's `PiecewiseConstantDecay` steps per optimizer step, and a boundary still belongs to the
    factor before it (t <= boundary). The book's and the notebook's function of the epoch switches
    at the boundary itself (t < boundary); so does torch's `MultiStepLR`.

    Args:
        boundaries: Increasing times, in steps or epochs, each at least 0.
        factors: Factors of the base rate, one more than boundaries, each at least 0.
        inclusive: Whether a boundary belongs to the factor before it.

    Raises:
        ValueError: If `boundaries` do not increase, `factors` has the wrong length or one of either
            is negative.

    The notebook's rates 0.01, 0.005, 0.001, which change at epochs 5 and 15:

    >>> schedule = PiecewiseConstant((5, 15), (1, 0.5, 0.1), inclusive=False)
    >>> [0.01 * schedule(epoch) for epoch in (0, 4, 5, 14, 15)]
    [0.01, 0.01, 0.005, 0.005, 0.001]
    """

    boundaries: tuple[float, ...]
    factors: tuple[float, ...]
    inclusive: bool = True

    def __post_init__(self) -> None:
        if any(b < 0 for b in self.boundaries):
            raise ValueError(f"boundaries must be at least 0, got {self.boundaries}")
        if not all(a < b for a, b in pairwise((-math.inf, *self.boundaries))):
            raise ValueError(f"boundaries must increase, got {self.boundaries}")
        if len(self.factors) != len(self.boundaries) + 1:
            raise ValueError(
                f"factors must have one more value than the {len(self.boundaries)} boundaries, "
                f"got {self.factors}"
            )
        if not all(0 <= factor < math.inf for factor in self.factors):
            raise ValueError(f"factors must be at least 0 and finite, got {self.factors}")

    def __call__(self, t: float) -> float:
        """Return the factor at time `t`."""
        bisect = bisect_left if self.inclusive else bisect_right
        return self.factors[bisect(self.boundaries, t)]


@dataclass(frozen=True)
class WarmUp:
    """Warm-up: the rate grows linearly, to its full height at step `s`, and stays there.

    Goyal et al., "Accurate, Large Minibatch SGD" (2017), arXiv:1706.02677, who begin above 0 too.

    Args:
        s: Number of steps; with 0 the rate is constant.

    Raises:
        ValueError: If `s` is below 0.

    >>> [WarmUp(4)(t) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """

    s: float

    def __post_init__(self) -> None:
        check_not_negative(s=self.s)

    def __call__(self, t: float) -> float:
        """Return the factor at time `t`."""
        return min(1.0, (t + 1) / self.s) if self.s else 1.0


def power(optimizer: Optimizer, s: float, c: float = 1.0) -> LambdaLR:
    """Attach `Power` to `optimizer`; step it after every optimizer step.

    Args:
        optimizer: Its groups' rates are the base rates.
        s: See `Power`.
        c: See `Power`.

    Raises:
        ValueError: As `Power`.

    >>> import torch
    >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    >>> power(optimizer, s=1000).get_last_lr()
    [0.1]
    """
    return LambdaLR(optimizer, Power(s, c))


def exponential(
    optimizer: Optimizer, s: float, staircase: bool = False, decay_first: bool = False
) -> LambdaLR:
    """Attach `Exponential` to `optimizer`; step it in the unit of `s`, optimizer step or epoch.

    Args:
        optimizer: Its groups' rates are the base rates.
        s: See `Exponential`.
        staircase: See `Exponential`.
        decay_first: See `Exponential`.

    Raises:
        ValueError: As `Exponential`.
    """
    return LambdaLR(optimizer, Exponential(s, staircase, decay_first))


def piecewise_constant(
    optimizer: Optimizer,
    boundaries: Sequence[float],
    factors: Sequence[float],
    inclusive: bool = True,
) -> LambdaLR:
    """Attach `PiecewiseConstant` to `optimizer`; step it in the unit of `boundaries`.

    Args:
        optimizer: Its groups' rates are the base rates.
        boundaries: See `PiecewiseConstant`.
        factors: See `PiecewiseConstant`.
        inclusive: See `PiecewiseConstant`.

    Raises:
        ValueError: As `PiecewiseConstant`.
    """
    return LambdaLR(optimizer, PiecewiseConstant(tuple(boundaries), tuple(factors), inclusive))
