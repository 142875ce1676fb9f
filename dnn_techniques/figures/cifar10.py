"""Exercise 8 of chapter 11: how fast and how far six nets come on CIFAR-10."""

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs
from dnn_techniques.results.run_sets import RunSet

GROUP = "cifar10"
METRICS = {"val_loss": "Validation loss (nats)", "val_accuracy": "Validation accuracy"}
# Label and colour of each net that is trained.
NETS = {
    "elu": ("a, b: ELU", "black"),
    "bn": ("c: BN, ELU", "#0072B2"),
    "selu": ("d: SELU", "#E69F00"),
    "alpha_dropout": ("e: SELU, alpha dropout", "#009E73"),
    "one_cycle": ("f: 1cycle", "#CC79A7"),
    "convolutional": ("convolutional, not in the exercise", "0.6"),
}
TOP = 2.2  # of the loss axis: the first net begins above it


def draw(out: Path) -> Figure:
    """Draw both metrics against epochs and against seconds: the mean, and a band over the seeds.

    Raises:
        InputError: If no run is there.
    """
    names = [f"{GROUP}/{name}" for name in NETS]
    run_sets = finished_runs(out, GROUP, names)
    figure = Figure(figsize=(12, 8), layout="constrained")
    figure.suptitle(
        "CIFAR-10, twenty hidden layers: mean over the seeds as long as all train, in a band from"
        f" lowest to highest;\ndotted: printed\n{about(run_sets, len(names))}"
    )
    axes = figure.subplots(2, 2, sharey="row")
    for row, (metric, label) in zip(axes, METRICS.items(), strict=True):
        for axis, over in zip(row, ("epochs", "seconds"), strict=True):
            for run_set in run_sets:
                draw_net(axis, run_set, metric, over)
            axis.grid(alpha=0.3)
        row[0].set_ylabel(label)
    axes[0, 0].set_ylim(top=TOP)
    axes[1, 0].set_xlabel("Epoch")
    axes[1, 1].set_xlabel("Seconds of training")
    entries = dict(zip(*reversed(axes[0, 0].get_legend_handles_labels()), strict=True))
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_net(axis: Axes, run_set: RunSet, metric: str, over: str) -> None:
    """Draw the curves of a net, and beside the epochs those that are printed."""
    label, color = NETS[run_set.name.partition("/")[2]]
    shortest = min(len(run.curves["epoch"]) for run in run_set.runs)
    values = np.array([run.curves[metric][:shortest] for run in run_set.runs])
    values = np.where(np.isfinite(values), values, math.nan)
    x = np.arange(1.0, shortest + 1)
    if over == "seconds":
        x = np.mean([np.cumsum(run.curves["seconds"][:shortest]) for run in run_set.runs], axis=0)
    axis.plot(x, values.mean(axis=0), color=color, label=label)
    axis.fill_between(x, values.min(axis=0), values.max(axis=0), color=color, alpha=0.15, lw=0)
    if run_set.documented and over == "epochs":
        for curves in run_set.documented.curves.values():
            epochs = np.arange(1, curves["epoch"][-1] + 1)
            printed = np.full(len(epochs), math.nan)  # where the listing leaves epochs out
            printed[np.array(curves["epoch"]) - 1] = curves[metric]
            axis.plot(epochs, printed, ".:", ms=3, lw=0.6, color=color)
