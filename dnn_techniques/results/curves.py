"""The learning curves of a group, all on the same axes, beside the documented ones."""

import math
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from dnn_techniques.files import write_figure
from dnn_techniques.results.divergence import divergence, divergences
from dnn_techniques.results.run_sets import RunSet
from dnn_techniques.runs.trials import split_trial

# So many experiments can be told apart by their colours.
TOGETHER = 10
# So many trials of a sweep share a small panel.
OVERLAID = 12
MARKERS = {"TF 2.4": "D", "TF 2.0": "s"}
# The largest over the smallest loss from which on their axis is logarithmic.
WIDE = 10


def draw_curves(run_sets: Sequence[RunSet], path: Path) -> None:
    """Write a PNG of the curves of all experiments: mean over the seeds, band from least to most.

    Up to `TOGETHER` experiments share their axes, a panel for each metric in training and in
    validation. More get small panels with one metric in validation, a file a panel. Marks are the
    documented figures; a cross is where a run's loss is no number any more.
    """
    figure = together(run_sets) if len(run_sets) <= TOGETHER else side_by_side(run_sets)
    write_figure(path, figure)


def together(run_sets: Sequence[RunSet]) -> Figure:
    """All experiments on the same axes: training above, validation below."""
    metrics = compared_metrics(run_sets)
    unit = " (nats)" if "accuracy" in metrics else ""  # no cross-entropy, but errors of numbers
    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplots(2, len(metrics), squeeze=False)
    colors = [matplotlib.colormaps["tab10"](k) for k in range(len(run_sets))]
    for row, prefix in zip(axes, ("", "val_"), strict=True):
        for axis, metric in zip(row, metrics, strict=True):
            for run_set, color in zip(run_sets, colors, strict=True):
                draw_experiment(axis, run_set, prefix + metric, color)
            part = "validation" if prefix else "training"
            _finish(axis, metric, f"{part} {metric}{unit if metric == 'loss' else ''}")
    handles = [
        Line2D([], [], color=c, label="\n".join(filter(None, (label_of(s), divergences(s)))))
        for s, c in zip(run_sets, colors, strict=True)
    ]
    said = [part for s in run_sets for part in (label_of(s), divergences(s))]
    columns = 2 if max(map(len, said)) > 40 else 3
    handles += _other_marks(run_sets)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
    return figure


def side_by_side(run_sets: Sequence[RunSet]) -> Figure:
    """Small panels with the validation accuracy or, without it, the loss.

    Each experiment file has a panel with the trials of its sweep, up to `OVERLAID` of them. A trial
    of a longer sweep, or of the only file, has a panel of its own; panels that are all of one
    experiment have the same scale.
    """
    metric = f"val_{compared_metrics(run_sets)[-1]}"
    panels = _panels(run_sets)
    columns = math.ceil(math.sqrt(1.3 * len(panels)))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(13, min(2.6 * rows, 9) + 1), layout="constrained")
    alone = len(panels) == len(run_sets)
    axes = figure.subplots(rows, columns, sharey=alone, squeeze=False)
    what, titles = _short_titles(run_sets)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, shown in zip(axes.flat, panels, strict=False):
        if len(shown) == 1:
            _alone(axis, shown[0], metric, titles[shown[0].name])
        else:
            _overlaid(axis, shown, metric)
        axis.tick_params(which="both", labelsize=6)
    figure.suptitle(f"Validation {metric.removeprefix('val_')} by epoch{what}", size="medium")
    figure.legend(
        handles=_other_marks(run_sets), loc="outside lower center", ncols=3, frameon=False
    )
    return figure


def _panels(run_sets: Sequence[RunSet]) -> list[list[RunSet]]:
    """What each panel shows: the trials of a file together, unless they are many or all."""
    files: dict[str, list[RunSet]] = {}
    for run_set in run_sets:
        files.setdefault(split_trial(run_set.name)[0], []).append(run_set)
    panels = []
    for trials in files.values():
        together = len(files) > 1 and len(trials) <= OVERLAID
        panels += [trials] if together else [[trial] for trial in trials]
    return panels


def _alone(axis: Axes, run_set: RunSet, metric: str, title: str) -> None:
    draw_experiment(axis, run_set, metric, "tab:blue")
    _finish(axis, metric, "")
    behind = {"fc": "white", "ec": "none", "alpha": 0.7}
    text = axis.text(0.5, 0.5, divergences(run_set), ha="center", size=7, bbox=behind)
    text.set_transform(axis.transAxes)
    axis.set_title(title, size=7)


def _overlaid(axis: Axes, trials: Sequence[RunSet], metric: str) -> None:
    colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(trials)))
    handles = []
    for trial, color in zip(trials, colors, strict=True):
        draw_experiment(axis, trial, metric, color)
        values = ", ".join(map("=".join, split_trial(label_of(trial))[1].items()))
        said = ": ".join(filter(None, (values, divergences(trial))))
        handles.append(Line2D([], [], color=color, label=said))
    _finish(axis, metric, "")
    axis.legend(handles=handles, fontsize=6, framealpha=0.6, handlelength=1, labelspacing=0.2)
    axis.set_title(split_trial(label_of(trials[0]))[0], size=7)


def draw_experiment(axis: Axes, run_set: RunSet, metric: str, color: object) -> None:
    """Draw a metric of one experiment: mean, band, single runs beyond the shortest, and marks."""
    column = _column(run_set, metric)
    curves = [np.array(run.curves[column]) for run in run_set.runs if column in run.curves]
    if not curves:
        return
    epochs = run_set.runs[0].curves["epoch"]
    shortest = min(map(len, curves))
    values = np.array([curve[:shortest] for curve in curves])
    values[~np.isfinite(values)] = math.nan
    name = label_of(run_set)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where all runs have diverged
        mean, low, high = (f(values, axis=0) for f in (np.nanmean, np.nanmin, np.nanmax))
    marker = "." if shortest <= 40 else None  # runs of one epoch have no line
    axis.plot(epochs[:shortest], mean, marker=marker, ms=4, color=color, lw=1.4, label=name)
    band = f"{name}, least to most"
    axis.fill_between(epochs[:shortest], low, high, color=color, alpha=0.18, lw=0, label=band)
    for run, curve in zip(run_set.runs, curves, strict=False):
        if len(curve) > shortest:
            rest = slice(shortest - 1, None)
            seed = f"{name}, seed {run.seed}"
            axis.plot(run.curves["epoch"][rest], curve[rest], color=color, lw=0.6, label=seed)
        gone = divergence(run)
        if gone and 0 < gone.index < len(curve):
            last = f"{name}, seed {run.seed} before it diverged"
            epoch = run.curves["epoch"][gone.index - 1]
            axis.plot(epoch, curve[gone.index - 1], "x", color=color, ms=8, label=last)
    for edition, printed in run_set.documented.curves.items() if run_set.documented else ():
        if metric in printed and _column_of(run_set, edition, metric) == column:
            axis.plot(
                printed["epoch"],
                printed[metric],
                MARKERS.get(edition, "^"),
                color=color,
                mfc="none",
                ms=4,
                label=f"{name}, documented, {edition}",
            )


def compared_metrics(run_sets: Sequence[RunSet]) -> list[str]:
    """The loss, and the first other metric that is measured in training and in validation."""
    curves = [name for s in run_sets for run in s.runs for name in run.curves]
    found = [name for name in dict.fromkeys(curves) if f"val_{name}" in curves]
    others = [name for name in found if name != "loss" and not name.startswith("printed_")]
    return [*(["loss"] if "loss" in found or "val_loss" in curves else []), *others[:1]] or ["loss"]


def _column(run_set: RunSet, metric: str) -> str:
    """The column with which the documents that print this metric have to be compared."""
    for edition in run_set.documented.curves if run_set.documented else ():
        return _column_of(run_set, edition, metric)
    return metric


def _column_of(run_set: RunSet, edition: str, metric: str) -> str:
    return run_set.documented.column(edition, metric) if run_set.documented else metric


def _finish(axis: Axes, metric: str, label: str) -> None:
    values = [v for line in axis.get_lines() for v in np.asarray(line.get_ydata(), float).tolist()]
    positive = [v for v in values if math.isfinite(v) and v > 0]
    if "accuracy" not in metric and positive and max(positive) > WIDE * min(positive):
        axis.set_yscale("log")
    axis.set(xlabel="epoch" if label else "", ylabel=label)
    axis.set_xlim(left=0.5)
    if axis.get_xlim()[1] < 1.5:
        axis.set_xlim(right=1.5)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axis.grid(alpha=0.3)


def label_of(run_set: RunSet) -> str:
    """What a legend calls an experiment: its name, and what keeps it from being the documents'."""
    name = run_set.name.partition("/")[2]
    if run_set.data.get("stands_in_for"):
        return f"{name} on digits, NOT on {run_set.data['stands_in_for']}"
    # A trial says in its name what is changed.
    return f"{name}, changed settings" if run_set.changes and not split_trial(name)[1] else name


def _short_titles(run_sets: Sequence[RunSet]) -> tuple[str, dict[str, str]]:
    """What the panels of a sweep have in common, and a title for each; else their names."""
    trials = {s.name: split_trial(label_of(s)) for s in run_sets}
    files = {name for name, _ in trials.values()}
    settings = {tuple(values) for _, values in trials.values()}
    if len(files) == 1 and len(settings) == 1:
        what = f", {files.pop()}: {', '.join(settings.pop())}"
        return what, {name: ", ".join(values.values()) for name, (_, values) in trials.items()}
    parts = {
        name: [file, ", ".join(map("=".join, values.items()))]
        for name, (file, values) in trials.items()
    }
    return "", {name: "\n".join(filter(None, part)) for name, part in parts.items()}


def _other_marks(run_sets: Iterable[RunSet]) -> list[Line2D]:
    """What the marks mean that are drawn."""
    run_sets = list(run_sets)
    editions = dict.fromkeys(e for s in run_sets if s.documented for e in s.documented.curves)
    style: dict[str, Any] = {"color": "0.4", "ls": "none", "mfc": "none"}
    handles = [
        Line2D([], [], marker=MARKERS.get(e, "^"), ms=4, label=f"documented, {e}", **style)
        for e in editions
    ]
    if any(map(divergences, run_sets)):
        handles.append(Line2D([], [], marker="x", label="diverged after this epoch", **style))
    return handles
