"""How signals and gradients fare through the layers of a new net, by activation and initializer.

Chapter 11, "The Vanishing/Exploding Gradients Problems"; Glorot & Bengio, "Understanding the
Difficulty of Training Deep Feedforward Neural Networks" (2010), figures 2 to 7,
https://proceedings.mlr.press/v9/glorot10a.html.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.layers.layer_signals import FLAT
from dnn_techniques.results.run_sets import RunSet

GROUP = "initialization"
QUANTITIES = {
    "output_std": "Standard deviation\nof the outputs",
    "saturated": "Share of saturated units\n"
    f"(slope below {FLAT:.0%} of the steepest;\nfor ReLU the units that are off)",
    "gradient_rms": "RMS of the loss's gradient\nwith respect to the outputs",
}
INITIALIZERS = {
    "naive": "naive: normal distribution of deviation 1",
    "recommended": "recommended: the activation's own (in the legend)",
}
STYLES = {
    "sigmoid": ("logistic (Glorot)", "C0", "-"),
    "tanh": ("tanh (Glorot)", "C1", "-"),
    "relu": ("ReLU (He)", "black", "-"),
    "selu": ("SELU (LeCun)", "#CC79A7", "--"),
}


def draw(out: Path) -> Figure:
    """Draw both initializers side by side, a row for each quantity, for every seed a line.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    figure = Figure(figsize=(11, 9.5), layout="constrained")
    figure.suptitle(
        f"Signals and gradients in a new net, layer by layer, one line per seed\n{about(run_sets)}"
    )
    axes = figure.subplots(len(QUANTITIES), len(INITIALIZERS), sharex=True, sharey="row")
    for column, (initializer, title) in zip(axes.T, INITIALIZERS.items(), strict=True):
        drawn = [s for s in run_sets if setting(s, "initializer") == initializer]
        column[0].set_title(title)
        column[-1].set_xlabel("Hidden layer")
        for axis, quantity in zip(column, QUANTITIES, strict=True):
            draw_quantity(axis, drawn, quantity)
    for axis, label in zip(axes[:, 0], QUANTITIES.values(), strict=True):
        axis.set_ylabel(label)
    entries = {line.get_label(): line for axis in axes[0] for line in axis.get_lines()}
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_quantity(axis: Axes, run_sets: Sequence[RunSet], quantity: str) -> None:
    """Draw one of the `QUANTITIES` over the layers: shares as they are, the others on a log scale.

    What has no place there, such as 0 on a log scale, leaves a gap, and a note says how often.
    """
    log = quantity != "saturated"
    axis.set_yscale("log" if log else "linear")
    gaps = []
    for run_set in run_sets:
        if setting(run_set, "activation") not in STYLES:  # changed by hand
            continue
        label, color, style = STYLES[setting(run_set, "activation")]
        values = np.array([run.result["measured"][quantity] for run in run_set.runs], dtype=float)
        place = np.isfinite(values) & ((values > 0) | (not log))  # (seeds, layers)
        layers = range(1, values.shape[1] + 1)
        lines = np.where(place, values, np.nan).T
        axis.plot(layers, lines, style, marker=".", color=color, lw=1, alpha=0.7, label=label)
        if not place.all():
            gaps.append(f"{label} {(~place).sum()} of {place.size}")
    if gaps:
        note = "0, infinite or undefined, so not drawn:\n" + "\n".join(gaps)
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "0.7"}
        axis.text(0.5, 0.06, note, transform=axis.transAxes, ha="center", fontsize=9, bbox=box)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    axis.grid(alpha=0.3)
