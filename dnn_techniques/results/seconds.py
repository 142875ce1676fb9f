"""How accurate the experiments of a group are after how many seconds of training."""

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from dnn_techniques.errors import InputError
from dnn_techniques.results.curves import TOGETHER, WIDE, compared_metrics, label_of
from dnn_techniques.results.run_sets import RunSet


def draw_seconds(run_sets: Sequence[RunSet]) -> Figure:
    """Draw the validation accuracy, or without it the loss, against the seconds so far.

    Mean over the seeds against the median of their seconds. Where there are more than `TOGETHER`
    experiments, the others than the best are grey.

    Raises:
        InputError: If none has been validated.
    """
    metric = f"val_{compared_metrics(run_sets)[-1]}"
    shown = [s for s in run_sets if all(metric in run.curves for run in s.runs)]
    if not shown:
        raise InputError(f"{run_sets[0].name}: no {metric} in its runs")
    ranked = sorted(shown, key=lambda s: _last(s, metric), reverse="loss" not in metric)
    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots()
    for k, run_set in enumerate(ranked):
        colored = k < TOGETHER
        n = min(len(run.curves["epoch"]) for run in run_set.runs)
        values = np.mean([run.curves[metric][:n] for run in run_set.runs], axis=0)
        seconds = [np.cumsum(run.curves["seconds"][:n]) for run in run_set.runs]
        axes.plot(
            np.median(seconds, axis=0),
            np.where(np.isfinite(values), values, math.nan),
            marker="." if n <= 40 else None,
            color=matplotlib.colormaps["tab10"](k) if colored else "0.8",
            zorder=2 if colored else 1,
            label=label_of(run_set),
        )
    handles, labels = axes.get_legend_handles_labels()
    best = f", the {TOGETHER} best in colour" if len(ranked) > TOGETHER else ""
    axes.set_title(f"{ranked[0].name.partition('/')[0]}: mean over the seeds{best}")
    axes.set(xlabel="Seconds of training", ylabel=f"Validation {metric.removeprefix('val_')}")
    seen = np.concatenate([line.get_xdata() for line in axes.get_lines()])
    if seen.max() > WIDE * seen.min() > 0:
        axes.set_xscale("log")
    else:
        axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    columns = 2 if max(map(len, labels)) > 40 else 3
    figure.legend(
        handles[:TOGETHER],
        labels[:TOGETHER],
        loc="outside lower center",
        ncols=columns,
        frameon=False,
    )
    return figure


def _last(run_set: RunSet, metric: str) -> float:
    value = float(np.mean(run_set.final(metric)))
    worst = math.inf if "loss" in metric else -math.inf
    return value if math.isfinite(value) else worst
