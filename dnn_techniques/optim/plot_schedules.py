"""Drawing learning-rate schedules."""

from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from dnn_techniques.checks import check_positive


def plot_schedules(
    ax: Axes,
    schedules: Mapping[str, Callable[[Optimizer], LRScheduler]],
    steps: int,
    lr: float,
    losses: Sequence[float] = (),
    unit: str = "step",
) -> None:
    """Draw the learning rate of each step, and dashed the momentum of the schedules that cycle it.

    Each schedule is attached to an optimizer of its own and stepped, so that the picture shows what
    a training would get; torch's own schedulers can be drawn too. Into a PNG:

        figure = matplotlib.figure.Figure(layout="constrained")
        schedules = {
            "power": partial(power, s=100),
            "1cycle": partial(one_cycle, max_lr=0.05, steps=1000, cycle_momentum=True),
        }
        plot_schedules(figure.subplots(), schedules, steps=1000, lr=0.01)
        figure.savefig("schedules.png")

    Args:
        ax: Where to draw.
        schedules: For each name in the legend, what attaches the schedule to an optimizer.
        steps: Number of steps or epochs, at least 1.
        lr: Base rate of the optimizer, above 0.
        losses: Metric after each step, for a schedule that reacts to it (`reduce_on_plateau`).
        unit: What a step is, for the label of the axis.

    Raises:
        ValueError: If `steps` or `lr` is out of range, or `losses` are needed and too few.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    check_positive(lr=lr)
    momentum_ax: Axes | None = None
    for name, attach in schedules.items():
        rates, momenta = _trace(attach, steps, lr, losses)
        (line,) = ax.plot(rates, label=name, drawstyle="steps-post")
        if min(momenta) < max(momenta):
            if momentum_ax is None:
                momentum_ax = ax.twinx()
                momentum_ax.set_ylabel("Momentum (dashed)")
            momentum_ax.plot(momenta, "--", color=line.get_color(), drawstyle="steps-post")
    ax.set_ylim(bottom=0)
    ax.margins(x=0)
    ax.grid(alpha=0.3)
    ax.set_xlabel(unit.capitalize())
    ax.set_ylabel("Learning rate")
    # Above the axes, where it hides no line of either axis.
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)


def _trace(
    attach: Callable[[Optimizer], LRScheduler], steps: int, lr: float, losses: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Rate and momentum of each step."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = attach(optimizer)
    if isinstance(scheduler, ReduceLROnPlateau) and len(losses) < steps:
        raise ValueError(f"losses must have at least {steps} values, got {len(losses)}")
    rates, momenta = [], []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(losses[step])
        else:
            scheduler.step()
    return rates, momenta
