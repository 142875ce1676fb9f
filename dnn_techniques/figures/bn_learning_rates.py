"""How twenty layers fare at each learning rate, with batch normalization and without.

Chapter 11, "Batch Normalization": much larger learning rates can be used with it.
"""

from pathlib import Path

from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.figures.sensitivity import draw_sensitivity

SWEEP = "bn-deep/learning_rate"
# The label of each net, its colour and marker.
NETS = {
    "none": ("without batch normalization", "black", "o"),
    "before": ("batch normalization before each activation", "#0072B2", "s"),
}


def draw(out: Path) -> Figure:
    """Draw a line for each net.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, SWEEP)
    epochs = {run_set.epoch for run_set in run_sets}
    last = epochs.pop() if len(epochs) == 1 else None
    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.suptitle(
        f"20 hidden layers after {f'epoch {last}' if last else 'the last epoch'}: mean over the"
        f" seeds, in a band from lowest to highest\n{about(run_sets)}",
        fontsize="medium",
    )
    axis = figure.subplots()
    for norm, (label, color, marker) in NETS.items():
        by_rate = {setting(s, "lr"): s for s in run_sets if setting(s, "norm") == norm}
        if by_rate:
            draw_sensitivity(axis, by_rate, label, color=color, marker=marker)
    axis.set_xlabel("Learning rate of SGD")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
