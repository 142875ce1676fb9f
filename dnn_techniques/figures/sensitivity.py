"""How good nets become for each value of a setting: one line of a picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dnn_techniques.results.run_sets import RunSet


def draw_sensitivity(
    axis: Axes, run_sets: Mapping[float, RunSet], label: str, **style: Any
) -> None:
    """Draw the last validation accuracy over a setting: mean of the seeds, in a band of all.

    Args:
        axis: With a logarithmic x axis afterwards.
        run_sets: The runs by value of the setting, above 0.
        label: Of the line.
        style: Colour, marker and so on of the line.
    """
    values = sorted(run_sets)
    accuracies = [np.array(run_sets[value].final("val_accuracy")) for value in values]
    (line,) = axis.plot(values, [a.mean() for a in accuracies], label=label, **style)
    lowest, highest = [a.min() for a in accuracies], [a.max() for a in accuracies]
    axis.fill_between(values, lowest, highest, color=line.get_color(), alpha=0.15, lw=0)
    axis.set(xscale="log", ylabel="Validation accuracy", ylim=(0, 1))
    axis.grid(alpha=0.3)
