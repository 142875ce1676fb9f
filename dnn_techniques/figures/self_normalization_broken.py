"""What keeps a net of 20 SELU layers from normalizing itself: deviations layer by layer.

Klambauer et al., "Self-Normalizing Neural Networks" (2017), https://arxiv.org/abs/1706.02515;
chapter 11, "SELU".
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.results.run_sets import RunSet

GROUP = "self-normalization"
PANELS = {"untrained_std": "before training", "std": "after training"}
LABELS = {
    "nothing": "plain",
    "l2": "with an l2 penalty",
    "dropout": "with ordinary dropout",
    "alpha_dropout": "with alpha dropout",
    "skip_connections": "with skip connections around pairs of layers",
}
STYLES = {
    "nothing": ("black", "-"),
    "l2": ("C0", "-"),
    "dropout": ("C1", "-"),
    "alpha_dropout": ("C1", "--"),
    "skip_connections": ("C2", "-"),
}


def draw(out: Path) -> Figure:
    """Draw the deviations before and after training, for every net a line and a band.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    figure = Figure(figsize=(11, 5), layout="constrained")
    figure.suptitle(
        "Standard deviation of what 20 SELU layers send on, mean and range of the seeds\n"
        f"{about(run_sets)}"
    )
    axes = figure.subplots(1, len(PANELS), sharex=True, sharey=True)
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        draw_panel(axis, run_sets, quantity)
        axis.set_title(title)
    axes[0].set_ylabel("Standard deviation (of each unit, mean of the units)")
    entries = {line.get_label(): line for line in axes[0].get_lines()[1:]}
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_panel(axis: Axes, run_sets: Sequence[RunSet], quantity: str) -> None:
    """Draw one of the `PANELS` on a logarithmic scale, with a line at 1."""
    axis.axhline(1, color="0.7", linewidth=3)
    axis.set_yscale("log")
    for run_set in run_sets:
        added = setting(run_set, "added")
        color, style = STYLES[added]
        stds = np.array([run.result["measured"][quantity] for run in run_set.runs])
        layers = range(1, stds.shape[1] + 1)
        axis.fill_between(layers, stds.min(axis=0), stds.max(axis=0), color=color, alpha=0.15, lw=0)
        axis.plot(layers, stds.mean(axis=0), style, color=color, label=LABELS[added])
    axis.set_xlabel("Hidden layer")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    axis.yaxis.set_major_locator(LogLocator(2))
    axis.yaxis.set_major_formatter(ScalarFormatter())
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)
