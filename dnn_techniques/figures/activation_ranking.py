"""How accurate nets of each activation become at each depth, in the order that the book gives.

Chapter 11, "Nonsaturating Activation Functions": in general SELU > ELU > leaky ReLU (and its
variants) > ReLU > tanh > logistic.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.results.claims.activations import LEARNED_NOTHING
from dnn_techniques.results.run_sets import RunSet

GROUP = "ranking"
# In the book's order.
LABELS = {
    "selu": "SELU",
    "elu": "ELU",
    "leaky_relu": "leaky ReLU",
    "relu": "ReLU",
    "tanh": "tanh",
    "sigmoid": "logistic",
}


def draw(out: Path) -> Figure:
    """Draw a panel for each depth, a row for each activation, the best of the book's order on top.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    depths = sorted({setting(run_set, "depth") for run_set in run_sets})
    epochs = {run_set.epoch for run_set in run_sets}
    last = epochs.pop() if len(epochs) == 1 else None
    figure = Figure(figsize=(4.2 * len(depths) + 0.6, 4.4), layout="constrained")
    figure.suptitle(
        f"Validation accuracy after {f'epoch {last}' if last else 'the last epoch'}"
        f" by activation, in the book's order\n{about(run_sets)}"
    )
    axes = figure.subplots(1, len(depths), squeeze=False, sharex=True)[0]
    for axis, depth in zip(axes, depths, strict=True):
        draw_depth(axis, [s for s in run_sets if setting(s, "depth") == depth])
        axis.set_title(f"{depth} hidden layers")
    entries = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_depth(axis: Axes, run_sets: Sequence[RunSet]) -> None:
    """Draw the accuracy of every seed, and the mean, which is also written beside its name.

    Nets that have learned nothing stand at the left edge: their place on the axis would leave no
    room for the differences of the others.
    """
    by_activation = {setting(run_set, "activation"): run_set for run_set in run_sets}
    names = []
    for row, (activation, label) in enumerate(LABELS.items()):
        if activation not in by_activation:
            names.append(f"{label}, no run")
            continue
        run_set = by_activation[activation]
        accuracies = np.array(run_set.final("val_accuracy"))
        trains = np.isfinite(run_set.final("val_loss"))
        places = row + 0.1 * (np.arange(len(accuracies)) - (len(accuracies) - 1) / 2)
        nothing = trains & (accuracies <= LEARNED_NOTHING)
        trains &= ~nothing
        axis.plot(accuracies[trains], places[trains], "o", color="C0", ms=4, label="a seed")
        if nothing.any():
            edge = axis.get_yaxis_transform()
            left = np.full(nothing.sum(), 0.02)
            name = "a seed that has learned nothing (0.1)"
            axis.plot(left, places[nothing], "<", color="C3", ms=4, transform=edge, label=name)
        lost = ~(trains | nothing)
        if lost.any():
            name = "a seed whose loss is infinite or undefined"
            axis.plot(accuracies[lost], places[lost], "x", color="black", label=name)
        mean = accuracies.mean()
        if not nothing.all():
            # Behind the dots.
            axis.plot(
                mean, row, "|", color="C1", ms=22, mew=3, zorder=1.5, label="mean of the seeds"
            )
        names.append(f"{label} {mean:.3f}")
    axis.set_yticks(range(len(names)), names)
    axis.set(ylim=(len(names) - 0.5, -0.5), xlabel="Validation accuracy")
    axis.grid(alpha=0.3)
