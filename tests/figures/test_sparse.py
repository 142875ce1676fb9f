from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from dnn_techniques.figures.sparse import LABELS, LEAST_LEFT, draw
from tests.results.runs_by_hand import write_run


def write(out: Path, seed: int, name: str, zeros: float, accuracy: float) -> None:
    measured = {"share": [0.0, 0.9], "zeros": [0.0, 0.9], "accuracy": [0.9, accuracy]}
    test = {"zeros": zeros, "sparse_accuracy": accuracy}
    write_run(out, seed, f"sparse/{name}", documented=None, test=test, measured=measured)


def lines(axis: Axes) -> dict[str, np.ndarray]:
    """The lines through the means, by label: (share left, accuracy) in their order."""
    return {str(line.get_label()): line.get_xydata() for line in axis.get_lines()}  # type: ignore[misc]


def test_a_line_for_each_way_through_the_means_of_its_nets(tmp_path: Path) -> None:
    for seed, accuracy in ((42, 0.7), (43, 0.8)):
        write(tmp_path, seed, "zeroed", 0.01, accuracy)
        write(tmp_path, seed, "pruned-share=0.5", 0.5, accuracy + 0.1)
        write(tmp_path, seed, "pruned-share=0.9", 0.9, accuracy)
    write(tmp_path, 42, "l1-l1=0.001", 1.0, 0.1)
    figure = draw(tmp_path)
    (axis,) = figure.axes
    drawn = lines(axis)
    assert drawn[LABELS["zeroed"]] == pytest.approx(np.array([[0.1, 0.75], [1.0, 0.9]]))
    assert drawn[LABELS["pruned"]] == pytest.approx(np.array([[0.1, 0.75], [0.5, 0.85]]))
    assert drawn[LABELS["l1"]] == pytest.approx(np.array([[LEAST_LEFT, 0.1]]))
    assert LABELS["ftrl"] not in drawn
    assert "4 of 17 experiments of sparse, 1 to 2 seeds" in figure.get_suptitle()
    dots = [line for line in axis.get_lines() if line.get_linestyle() == "None"]
    assert sum(np.size(line.get_xdata()) for line in dots) == 4 + 4 + 1
    left, right = axis.get_xlim()
    assert left > right  # zeros grow to the right
