"""The learning rate of every schedule over 25 epochs (chapter 11, "Learning Rate Scheduling").

The schedules are those of the experiments' own modules. Performance scheduling reacts to the
validation loss: here to the one that the notebook prints.
"""

import math
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dnn_techniques.documents.documented import documented
from dnn_techniques.modules import (
    ExponentialSchedule,
    ExponentialScheduleByBatch,
    ExponentialScheduleByEpoch,
    OneCycleSchedule,
    PerformanceSchedule,
    PiecewiseConstantSchedule,
    PowerSchedule,
)
from dnn_techniques.modules.schedules import EPOCHS_TO_A_TENTH, ScheduledNet
from dnn_techniques.optim import one_cycle, plot_schedules

EPOCHS = 25
COLORS = ("C0", "C1", "black")
BY_EPOCH: dict[str, type[ScheduledNet]] = {
    "exponential, by epoch": ExponentialScheduleByEpoch,
    "piecewise constant": PiecewiseConstantSchedule,
    "performance, on the printed val_loss": PerformanceSchedule,
}


def draw(out: Path) -> Figure:
    """Draw the schedules as the experiments on 55,000 images use them."""
    return build(images=55_000)


def build(images: int) -> Figure:
    """Draw the schedules per step, those per epoch, and 1cycle, over epochs of so many images."""
    figure = Figure(figsize=(14, 4.6), layout="constrained")
    figure.suptitle("Learning-rate schedules of the experiments")
    axes = figure.subplots(1, 3)
    steps = math.ceil(images / 32)
    s = EPOCHS_TO_A_TENTH * images // 32
    by_step = {
        "power": PowerSchedule(),
        "exponential": ExponentialSchedule(s=s),
        "exponential, by batch (a step ahead)": ExponentialScheduleByBatch(s=s),
    }
    for name, module in by_step.items():
        _plot(axes[0], name, module, EPOCHS * steps)
    axes[0].get_lines()[-1].set_linestyle((0, (4, 6)))  # it lies on the one before
    _over_epochs(axes[0], "Changed at each step", steps)
    for name, by_epoch in BY_EPOCH.items():
        _plot(axes[1], name, by_epoch(), EPOCHS)
    for line in axes[1].get_lines():
        rates = np.asarray(line.get_ydata())
        line.set_data(range(EPOCHS + 1), [*rates, rates[-1]])  # to the end of the last epoch
    _over_epochs(axes[1], "Changed at each epoch")
    steps = math.ceil(images / 128)
    net = OneCycleSchedule()
    schedule = partial(one_cycle, max_lr=net.max_lr, steps=EPOCHS * steps)
    plot_schedules(axes[2], {"1cycle": schedule}, EPOCHS * steps, net.lr)
    _over_epochs(axes[2], "1cycle, batches of 128", steps)
    return figure


def _plot(axis: Axes, name: str, module: ScheduledNet, steps: int) -> None:
    def attach(optimizer: Optimizer) -> LRScheduler:
        made = module.make_schedule(optimizer)
        assert made is not None
        return made

    printed = documented("schedule-performance").curves["TF 2.4"]["val_loss"]
    plot_schedules(axis, {name: attach}, steps, module.lr, losses=printed)


def _over_epochs(axis: Axes, title: str, steps: int = 1) -> None:
    """Count epochs of `steps` steps along the axis, and let the other one show all rates."""
    axis.xaxis.set_major_locator(MultipleLocator(5 * steps))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step / steps:g}"))
    axis.set_xlabel(f"Epoch of {steps:,} steps" if steps > 1 else "Epoch")
    axis.margins(y=0.3)  # room for the legend
    axis.autoscale(axis="y")
    axis.set(xlim=(0, EPOCHS * steps), ylim=(0, None), title=title)
    for line, color in zip(axis.get_lines(), COLORS, strict=False):
        line.set_color(color)
    axis.legend(fontsize="small")
