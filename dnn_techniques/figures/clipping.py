"""How a net that diverges fares when its gradients are clipped, over the threshold.

Chapter 11, "Gradient Clipping", whose examples set ``clipvalue=1.0`` and ``clipnorm=1.0``.
"""

from pathlib import Path

from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs
from dnn_techniques.figures.sensitivity import draw_sensitivity
from dnn_techniques.results.run_sets import RunSet

GROUP = "clipping"
DOCUMENTED = 1.0
# The label of each way of clipping, its colour and marker.
WAYS = {
    "value": ("each component (clipvalue)", "#0072B2", "o"),
    "norm": ("norm of each parameter's gradient (clipnorm)", "#D55E00", "s"),
    "global_norm": ("norm of the whole gradient (global_clipnorm)", "#009E73", "^"),
}


def draw(out: Path) -> Figure:
    """Draw a line for each way of clipping, and the net without clipping.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    figure = Figure(figsize=(8, 5.2), layout="constrained")
    figure.suptitle(
        "A net that diverges, its gradients clipped: mean over the seeds, in a band from lowest"
        f" to highest\n{about(run_sets)}",
        fontsize="medium",
    )
    axis = figure.subplots()
    for way, (label, color, marker) in WAYS.items():
        by_threshold = {t: s for s in run_sets if (t := threshold(s, way)) is not None}
        if by_threshold:
            draw_sensitivity(axis, by_threshold, label, color=color, marker=marker)
    for run_set in run_sets:
        if all(threshold(run_set, way) is None for way in WAYS):
            accuracies = run_set.final("val_accuracy")
            mean = sum(accuracies) / len(accuracies)
            axis.axhline(mean, color="black", ls="--", label="not clipped")
    axis.axvline(DOCUMENTED, color="0.5", ls=":", label="the documents' threshold")
    axis.set_xlabel("Threshold")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def threshold(run_set: RunSet, way: str) -> float | None:
    """Its threshold of a way of clipping, None if it is not clipped so."""
    value: float | None = run_set.runs[0].settings.get(f"model.init_args.clipping.{way}")
    return value
