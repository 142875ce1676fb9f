"""1cycle scheduling as the book and its notebook do it."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from dnn_techniques.optim.checks import check_fraction, check_positive


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
    """1cycle scheduling (Smith 2018; chapter 11, "Learning Rate Scheduling").

    Three straight lines, with ``half = (steps - last_steps) // 2`` and
    ``start = max_lr / div_factor``:

    - from start at t = 0 up to `max_lr` at t = half,
    - back down to start at t = 2 half,
    - down to ``start / final_div_factor`` at t = steps, the first step that is not taken.

    Step it after every optimizer step. It sets the rate itself; the optimizer's own does not count.
    The defaults are those of the notebook, which leaves the momentum alone. The book's text cycles
    it too, against the rate: 0.95, 0.85 at t = half, 0.95 at t = 2 half and then constant; that is
    ``cycle_momentum=True`` (beta1 where the optimizer has betas).

    torch's own class does this with the right arguments; its defaults anneal along a cosine in
    two phases, peak at 30% of the steps and cycle the momentum.

    Args:
        optimizer: Its parameter groups all get the same rate.
        max_lr: Highest rate, above 0.
        steps: Number of optimizer steps of the whole training, at least 3. Do not take more: the
            last line goes on below zero, then torch raises.
        div_factor: Highest rate over the first one, at least 1.
        final_div_factor: First rate over the final one, at least 1.
        last_steps: Length of the last line, in [1, steps - 2]; one longer when ``steps -
            last_steps`` is odd. By default ``steps // 10 + 1``.
        cycle_momentum: Whether the momentum cycles.
        base_momentum: Momentum at the highest rate, in [0, 1).
        max_momentum: Momentum at the first rate, in [base_momentum, 1).

    Raises:
        ValueError: If an argument is out of range, or the optimizer has no momentum to cycle.
    """
    if last_steps is None:
        last_steps = steps // 10 + 1
    check_positive(max_lr=max_lr)
    if steps < 3:
        raise ValueError(f"steps must be at least 3, got {steps}")
    if not 1 <= last_steps <= steps - 2:
        raise ValueError(f"last_steps must be in [1, {steps - 2}], got {last_steps}")
    if not div_factor >= 1:
        raise ValueError(f"div_factor must be at least 1, got {div_factor}")
    if not final_div_factor >= 1:
        raise ValueError(f"final_div_factor must be at least 1, got {final_div_factor}")
    check_fraction(base_momentum=base_momentum)
    if not base_momentum <= max_momentum < 1:
        raise ValueError(f"max_momentum must be in [{base_momentum}, 1), got {max_momentum}")
    half = (steps - last_steps) // 2
    # torch ends its lines at t = pct_start * total_steps - 1, twice that, and total_steps - 1.
    return OneCycleLR(
        optimizer,
        max_lr,
        total_steps=steps + 1,
        pct_start=(half + 1) / (steps + 1),
        anneal_strategy="linear",
        cycle_momentum=cycle_momentum,
        base_momentum=base_momentum,
        max_momentum=max_momentum,
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        three_phase=True,
    )
