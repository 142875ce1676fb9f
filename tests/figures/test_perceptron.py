from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris

from dnn_techniques.figures.perceptron import ORDERS, SHOWN, draw


def test_every_line_separates_the_flowers_and_every_net_its_corners() -> None:
    first, *others = draw(Path()).axes
    lines = [line for line in first.get_lines() if line.get_linestyle() == "-"]
    assert len(lines) == ORDERS
    iris = load_iris()
    length, width = iris.data[:, 2:].T
    slopes = set()
    for line in lines:
        (x0, x1), (y0, y1) = np.asarray(line.get_data())
        above = width > y0 + (length - x0) * (y1 - y0) / (x1 - x0)
        setosas, rest = above[iris.target == 0], above[iris.target > 0]
        assert (setosas == setosas[0]).all()
        assert (rest != setosas[0]).all()
        slopes.add(round((y1 - y0) / (x1 - x0), 6))
    assert len(slopes) > 1
    assert [axis.get_title() for axis in others] == [f"C = {name}" for name in SHOWN]
    filled = [
        [line.get_markerfacecolor() == "tab:blue" for line in axis.get_lines()] for axis in others
    ]
    assert filled == [
        [False, False, True, True],
        [False, False, False, True],
        [False, True, True, True],
        [False, False, True, False],
        [False, True, True, False],
    ]
