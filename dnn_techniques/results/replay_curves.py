"""What the replayed runs say, as a picture."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnn_techniques.results.replayed import Replayed


def draw_replays(replayed: Sequence[Replayed]) -> Figure:
    """For each run the difference of val_loss to the printed one, and what a perturbation does.

    Runs of which no val_loss is printed are left out.
    """
    replayed = [r for r in replayed if r.worst("val_loss") is not None]
    columns = 4
    rows = math.ceil(len(replayed) / columns)
    figure = Figure(figsize=(13, 2.5 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flat
    for axis in axes:
        axis.set_visible(False)
    for axis, r in zip(figure.axes, replayed, strict=False):
        axis.set_visible(True)
        printed = [f for f in r.figures if f.figure == "val_loss" and f.epoch]
        axis.semilogy(
            [f.epoch for f in printed if f.epoch],
            [max(abs(f.ours - f.printed), 1e-6) for f in printed],
            "o-",
            markersize=3,
            label="replayed and printed",
        )
        for run in r.perturbed:
            changes = np.subtract(*zip(*r.beside(run, "val_loss"), strict=True))
            axis.semilogy(
                run.curves["epoch"][: len(changes)],
                np.maximum(np.abs(changes), 1e-6),
                ".--",
                color="tab:orange",
                label="weights moved by 1e-7",
            )
        axis.axhspan(1e-6, 0.5e-4, color="0.9", label="below the last printed digit")
        axis.set(ylim=(1e-6, 3), title=r.name)
        axis.title.set_fontsize(9)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
    for axis in figure.axes[::columns]:
        axis.set_ylabel("difference of val_loss")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure
