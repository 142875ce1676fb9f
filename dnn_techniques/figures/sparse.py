"""What is left of a net's accuracy when most of its weights are zero, by the way they became so.

Chapter 11, "Training Sparse Models": zeroing the tiny weights, strong l1, pruning in training; the
notes add FTRL.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnn_techniques.figures.group_runs import about, finished_runs
from dnn_techniques.results.run_sets import Run, RunSet

GROUP = "sparse"
LABELS = {
    "zeroed": "smallest weights zeroed after training as usual",
    "l1": "l1 penalty, weights below 0.001 zeroed",
    "ftrl": "FTRL with l1",
    "pruned": "pruned by magnitude in training",
}
TICKS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
LEAST_LEFT = 1e-3  # where a net without any weight stands

Points = NDArray[np.float64]


def draw(out: Path) -> Figure:
    """Draw a line for each way through the means of its nets, and a dot for each seed.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    axis = figure.subplots()
    figure.suptitle(f"Test accuracy against the share of weights that are zero\n{about(run_sets)}")
    for i, (way, label) in enumerate(LABELS.items()):
        of_way = [s for s in run_sets if s.name.removeprefix(f"{GROUP}/").split("-")[0] == way]
        if of_way:
            draw_way(axis, of_way, f"C{i}", label)
    axis.set_xscale("log")
    axis.set_xticks([1 - share for share in TICKS], [f"{share:g}" for share in TICKS])
    axis.minorticks_off()
    axis.set(xlabel="Share of zeros in the kernels", ylabel="Test accuracy")
    axis.set_xlim(1.1, LEAST_LEFT * 0.9)
    axis.grid(alpha=0.3)
    axis.legend(loc="lower left", frameon=False)
    return figure


def draw_way(axis: Axes, run_sets: Sequence[RunSet], color: str, label: str) -> None:
    """Draw the nets of one way, in the order of their zeros."""
    nets = np.concatenate([np.stack([points(r, s.name) for r in s.runs], 1) for s in run_sets])
    left, accuracy = np.maximum(1 - nets[..., 0], LEAST_LEFT), nets[..., 1]
    axis.plot(left, accuracy, ".", color=color, ms=4, alpha=0.5)
    means = np.stack([left.mean(axis=1), accuracy.mean(axis=1)])
    axis.plot(*means[:, means[0].argsort()], "o-", color=color, ms=5, label=label)


def points(run: Run, name: str) -> Points:
    """Share of zeros and test accuracy, (nets, 2): of the zeroed net at every share."""
    if name == f"{GROUP}/zeroed":
        measured = run.result["measured"]
        return np.array([measured["zeros"], measured["accuracy"]], dtype=float).T
    return np.array([[run.finished["test_zeros"], run.finished["test_sparse_accuracy"]]])
