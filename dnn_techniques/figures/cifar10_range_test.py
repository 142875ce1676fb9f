"""Learning-rate range test of exercise 8 f: the 1cycle net on CIFAR-10."""

from pathlib import Path

from matplotlib.figure import Figure

from dnn_techniques.figures.range_test import draw_experiment


def draw(out: Path) -> Figure:
    """Draw the range test on the experiment's data.

    Raises:
        InputError: If the data cannot be had.
    """
    return draw_experiment("cifar10/one_cycle")
