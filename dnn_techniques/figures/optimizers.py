"""How fast and how far each optimizer of the book's table trains the same net.

Chapter 11, "Faster Optimizers", table "Optimizer comparison".
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.results.run_sets import RunSet

GROUP = "optimizers"
METRICS = {"loss": "Training loss (nats)", "val_accuracy": "Validation accuracy"}
# In the order of the table: the name in a legend, the name in the table, colour and marker.
STYLES = {
    "sgd": ("SGD", "sgd", "black", "o"),
    "momentum": ("momentum", "sgd momentum", "#E69F00", "s"),
    "nesterov": ("Nesterov", "sgd nesterov", "#D55E00", "^"),
    "adagrad": ("Adagrad", "adagrad", "0.5", "v"),
    "rmsprop": ("RMSProp", "rmsprop", "#009E73", "D"),
    "adam": ("Adam", "adam", "#0072B2", "P"),
    "nadam": ("Nadam", "nadam", "#56B4E9", "X"),
    "adamax": ("AdaMax", "adamax", "#CC79A7", "*"),
}
# Those with tuned rates.
EXPERIMENTS = tuple(f"{GROUP}/{name}" for name in STYLES)


def draw(out: Path) -> Figure:
    """Draw both metrics per epoch: a line for the mean over seeds, a band from least to greatest.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP, EXPERIMENTS)
    figure = Figure(figsize=(12, 6.6), layout="constrained")
    figure.suptitle(
        "The same net with each optimizer: mean over the seeds, in a band from lowest to highest\n"
        f"{about(run_sets, len(EXPERIMENTS))}, tuned rates"
    )
    axes = figure.subplots(1, len(METRICS))
    for axis, (metric, label) in zip(axes, METRICS.items(), strict=True):
        for run_set in run_sets:
            draw_curve(axis, run_set, metric)
        axis.set(xlabel="Epoch", ylabel=label)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
    figure.legend(
        handles=axes[0].get_lines(),
        title="optimizer, learning rate: the book's stars for speed / quality of convergence",
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    return figure


def draw_curve(axis: Axes, run_set: RunSet, metric: str) -> None:
    """Draw a metric of one optimizer over the epochs that all seeds have, if they are finite."""
    _, _, color, marker = STYLES[setting(run_set, "optimizer")]
    seeds = (run.curves[metric] for run in run_set.runs)
    values = np.array(list(zip(*seeds, strict=False)))  # (epochs, seeds)
    epochs = range(1, len(values) + 1)
    axis.fill_between(epochs, values.min(axis=1), values.max(axis=1), color=color, alpha=0.15, lw=0)
    axis.plot(epochs, values.mean(axis=1), marker=marker, color=color, label=describe(run_set))


def describe(run_set: RunSet) -> str:
    """Name, rate and the book's stars of its optimizer: ``SGD, 0.03: * / ***``."""
    label, row, _, _ = STYLES[setting(run_set, "optimizer")]
    speed, quality = documented_table("optimizer_stars")[row]
    return f"{label}, {setting(run_set, 'lr'):g}: {speed} / {quality}"
