"""How much the result of each optimizer depends on its learning rate.

Chapter 11, "Faster Optimizers": Adagrad and Adam require less tuning of the learning rate.
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.figures.optimizers import STYLES
from dnn_techniques.results.claims.optimizers import GOOD, lowest_loss
from dnn_techniques.results.run_sets import RunSet

GROUP = "rates"
CHAPTER = 0.001  # the rate with which the chapter makes all but plain SGD
TOP = 1.2  # of the loss axis; a loss above it has its mark at the edge


def draw(out: Path) -> Figure:
    """Draw a panel for each optimizer, with one point for each rate and seed.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    epochs = max(len(run.curves["epoch"]) for run_set in run_sets for run in run_set.runs)
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    figure.suptitle(
        f"Lowest validation loss of {epochs} epochs against the learning rate;"
        f" shaded: at most {GOOD:g} times the lowest mean\n{about(run_sets)}"
    )
    axes = figure.subplots(2, 4, sharex=True, sharey=True)
    for axis, (optimizer, (label, *_)) in zip(axes.flat, STYLES.items(), strict=True):
        draw_optimizer(axis, [s for s in run_sets if setting(s, "optimizer") == optimizer])
        axis.set_title(label)
    for axis in axes[-1]:
        axis.set_xlabel("Learning rate")
    for axis in axes[:, 0]:
        axis.set_ylabel("Validation loss (nats)")
    lowest = min(lowest_loss(run) for run_set in run_sets for run in run_set.runs)
    axes[0, 0].set_ylim(min(0.95 * lowest, 0.9 * TOP), TOP)
    entries = {
        label: handle
        for axis in axes.flat
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_optimizer(axis: Axes, run_sets: list[RunSet]) -> None:
    """Draw the lowest loss of every seed at each rate, and a line through the means."""
    run_sets = sorted(run_sets, key=lambda run_set: float(setting(run_set, "lr")))
    rates = [float(setting(run_set, "lr")) for run_set in run_sets]
    losses = [[lowest_loss(run) for run in run_set.runs] for run_set in run_sets]
    for rate, seeds in zip(rates, losses, strict=True):
        inside = [loss for loss in seeds if loss <= TOP]
        axis.plot([rate] * len(inside), inside, "o", color="C0", ms=4, alpha=0.6, label="a seed")
        if len(inside) < len(seeds):
            edge, name = axis.get_xaxis_transform(), f"a seed above {TOP:g} or not finite"
            axis.plot([rate], [0.97], "^", color="C3", transform=edge, label=name)
    means = np.array([np.mean(seeds) for seeds in losses])
    axis.plot(rates, np.where(means <= TOP, means, math.nan), color="C0", label="mean of the seeds")
    if len(means) and np.isfinite(means).any():
        axis.axhspan(means.min(), GOOD * means.min(), color="C2", alpha=0.2)
    axis.axvline(CHAPTER, color="0.4", linestyle=":", label=f"{CHAPTER:g}, the chapter's rate")
    axis.set_xscale("log")
    axis.grid(alpha=0.3)
