"""1cycle scheduling as the book and its notebook do it."""

import math
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from dnn_techniques.checks import check_fraction, check_positive


@dataclass(frozen=True)
class OneCycle:
    """The rate of 1cycle scheduling at step t (Smith 2018; chapter 11).

    Three straight lines, with ``half = (steps - last_steps) // 2`` and
    ``start = max_lr / div_factor``:

    - from start at t = 0 up to `max_lr` at t = half,
    - back down to start at t = 2 half,
    - down to ``start / final_div_factor`` at t = steps, the first step that is not taken.

    Unlike the other schedules it is no factor but the rate itself.

    Args:
        max_lr: Highest rate, above 0.
        steps: Number of optimizer steps of the whole training, at least 3.
        div_factor: Highest rate over the first one, at least 1.
        final_div_factor: First rate over the final one, at least 1.
        last_steps: Length of the last line, in [1, steps - 2]; one longer when ``steps -
            last_steps`` is odd. By default ``steps // 10 + 1``.

    Raises:
        ValueError: If an argument is out of range.

    >>> cycle = OneCycle(max_lr=0.05, steps=100)
    >>> [round(cycle(t), 6) for t in (0, 44, 88, 100)]
    [0.005, 0.05, 0.005, 5e-06]
    """

    max_lr: float
    steps: int
    div_factor: float = 10.0
    final_div_factor: float = 1000.0
    last_steps: int | None = None

    def __post_init__(self) -> None:
        check_positive(max_lr=self.max_lr)
        if self.steps < 3:
            raise ValueError(f"steps must be at least 3, got {self.steps}")
        if not 1 <= self._last <= self.steps - 2:
            raise ValueError(f"last_steps must be in [1, {self.steps - 2}], got {self._last}")
        for name in ("div_factor", "final_div_factor"):
            value = getattr(self, name)
            if not 1 <= value < math.inf:
                raise ValueError(f"{name} must be at least 1, got {value}")

    @property
    def _last(self) -> int:
        return self.steps // 10 + 1 if self.last_steps is None else self.last_steps

    @property
    def half(self) -> int:
        """Number of steps in which the rate goes up."""
        return (self.steps - self._last) // 2

    def __call__(self, t: float) -> float:
        """Return the rate at step `t`, from 0 to `steps`."""
        start = self.max_lr / self.div_factor
        if t <= 2 * self.half:
            return start + (self.max_lr - start) * (1 - abs(t - self.half) / self.half)
        left = (self.steps - t) / (self.steps - 2 * self.half)
        end = start / self.final_div_factor
        return end + (start - end) * left


def one_cycle(
    optimizer: Optimizer,
    max_lr: float,
    steps: int,
    div_factor: float = 10.0,
    final_div_factor: float = 1000.0,
    last_steps: int | None = None,
    cycle_momentum: bool = False,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
) -> OneCycleLR:
    """Attach `OneCycle` to `optimizer`; step it after every optimizer step.

    The schedule sets the rate itself; the optimizer's own does not count. The defaults are those of
    the notebook, which leaves the momentum alone. The book's text cycles it too, against the rate:
    0.95, 0.85 at t = half, 0.95 at t = 2 half and then constant; that is ``cycle_momentum=True``
    (beta1 where the optimizer has betas).

    torch's own class does this with the right arguments; its defaults anneal along a cosine in
    two phases, peak at 30% of the steps and cycle the momentum.

    Args:
        optimizer: Its parameter groups all get the same rate.
        max_lr: See `OneCycle`.
        steps: See `OneCycle`. Do not take more: the last line goes on below zero, then torch
            raises.
        div_factor: See `OneCycle`.
        final_div_factor: See `OneCycle`.
        last_steps: See `OneCycle`.
        cycle_momentum: Whether the momentum cycles.
        base_momentum: Momentum at the highest rate, in [0, 1).
        max_momentum: Momentum at the first rate, in [base_momentum, 1).

    Raises:
        ValueError: If an argument is out of range, or the optimizer has no momentum to cycle.
    """
    cycle = OneCycle(max_lr, steps, div_factor, final_div_factor, last_steps)
    check_fraction(base_momentum=base_momentum)
    if not base_momentum <= max_momentum < 1:
        raise ValueError(f"max_momentum must be in [{base_momentum}, 1), got {max_momentum}")
    # torch ends its lines at t = pct_start * total_steps - 1, twice that, and total_steps - 1.
    return OneCycleLR(
        optimizer,
        max_lr,
        total_steps=steps + 1,
        pct_start=(cycle.half + 1) / (steps + 1),
        anneal_strategy="linear",
        cycle_momentum=cycle_momentum,
        base_momentum=base_momentum,
        max_momentum=max_momentum,
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        three_phase=True,
    )
