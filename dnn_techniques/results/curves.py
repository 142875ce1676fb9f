"""The learning curves of a group beside the documented ones."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from dnn_techniques.files import write_figure
from dnn_techniques.results.run_sets import RunSet

COLORS = {"": "tab:blue", "printed_": "tab:cyan", "val_": "tab:orange"}
LABELS = {
    "": "training, mean of the epoch",
    "printed_": "training, as TF 2.4's progress bar shows it",
    "val_": "validation",
}
STYLES: dict[str, LineStyleType] = {"TF 2.4": ":", "TF 2.0": "-."}


def draw_curves(run_sets: Sequence[RunSet], path: Path) -> None:
    """Write a PNG: for each experiment loss and accuracy per epoch, training and validation.

    Ours are solid, a line a seed; the documented ones are dotted (TensorFlow 2.4 edition) or
    dash-dotted (TensorFlow 2.0 edition), in the colour of what they have to be compared with.
    """
    height = 3.6 if len(run_sets) <= 8 else 2.0  # many rows would make a picture of megabytes
    figure = Figure(figsize=(11, height * len(run_sets) + 0.9), layout="constrained")
    axes = figure.subplots(len(run_sets), 2, squeeze=False)
    for row, run_set in zip(axes, run_sets, strict=True):
        for axis, metric in zip(row, ("loss", "accuracy"), strict=True):
            draw_metric(axis, run_set, metric)
    figure.legend(handles=_legend(run_sets), loc="outside lower center", ncols=3, frameon=False)
    write_figure(path, figure)


def draw_metric(axis: Axes, run_set: RunSet, metric: str) -> None:
    """Draw the curves of `loss` or `accuracy` of one experiment."""
    for run in run_set.runs:
        for prefix in _prefixes(run_set):
            curve = run.curves.get(prefix + metric)
            if curve:
                # Runs of one epoch have no line; over hundreds the dots would hide the others.
                style = ".-" if len(curve) <= 40 else "-"
                axis.plot(run.curves["epoch"], curve, style, color=COLORS[prefix], linewidth=1.2)
    for edition, curves in run_set.documented.curves.items() if run_set.documented else ():
        train = run_set.documented.column(edition, metric) if run_set.documented else metric
        for column, prefix in ((metric, train.removesuffix(metric)), (f"val_{metric}", "val_")):
            if column in curves:
                axis.plot(
                    curves["epoch"],
                    curves[column],
                    linestyle=STYLES.get(edition, ":"),
                    marker="D" if len(curves["epoch"]) == 1 else None,
                    color=COLORS[prefix],
                    linewidth=2.4,
                )
    title = run_set.name
    if run_set.data.get("stands_in_for"):
        title += f" on digits, NOT on {run_set.data['stands_in_for']}"
    elif run_set.changes:
        title += " with changed settings"
    axis.set(title=title, xlabel="epoch", ylabel=metric + (" (nats)" if metric == "loss" else ""))
    printed = run_set.documented.curves.values() if run_set.documented else ()
    last = max(c["epoch"][-1] for c in [*(run.curves for run in run_set.runs), *printed])
    axis.set_xlim(0.5, max(last, 1) + 0.5)  # weights that are only measured have epoch 0
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.3)


def _prefixes(run_set: RunSet) -> list[str]:
    """Which of our curves to draw: the double mean only beside a document that prints it."""
    printed = run_set.documented
    if printed and any(printed.column(edition, "loss") != "loss" for edition in printed.curves):
        return ["", "printed_", "val_"]
    return ["", "val_"]


def _legend(run_sets: Sequence[RunSet]) -> list[Line2D]:
    prefixes = {prefix for run_set in run_sets for prefix in _prefixes(run_set)}
    handles = [
        Line2D([], [], color=COLORS[prefix], label=label)
        for prefix, label in LABELS.items()
        if prefix in prefixes
    ]
    editions = [e for s in run_sets if s.documented for e in s.documented.curves]
    for edition in dict.fromkeys(editions):
        line = Line2D([], [], color="grey", linewidth=2.4, label=f"documented, {edition}")
        line.set_linestyle(STYLES.get(edition, ":"))
        handles.append(line)
    return handles
