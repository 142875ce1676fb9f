import csv
import io

import numpy as np
from matplotlib.figure import Figure

from dnn_techniques.numbers import MOST_POINTS, numbers


def rows(figure: Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(numbers(figure))))[1:]


def test_lines_points_bars_and_bands_have_their_places() -> None:
    figure = Figure()
    first, second = figure.subplots(1, 2)
    first.set_title("of both\nkinds")
    first.plot([1, 2], [3, 4], label="ours")
    first.scatter([5], [6], label="documented")
    first.fill_between([1, 2], [0, 0], [1, 1], label="band")
    second.set_ylabel("shares")
    second.bar([1], [0.5], label="upright")
    second.barh([2], [0.25], label="lying")
    found = rows(figure)
    assert ["of both kinds", "ours", "2", "4", ""] in found
    assert ["of both kinds", "documented", "5", "6", ""] in found
    assert ["of both kinds", "band", "2", "1", ""] in found
    assert ["shares", "upright", "1", "0.5", ""] in found
    assert ["shares", "lying", "0.25", "2", ""] in found


def test_a_line_across_has_its_place_alone() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.axvline(0.1, label="rate")
    axes.axhline(2.0, label="loss")
    assert rows(figure) == [["", "rate", "0.1", "", ""], ["", "loss", "", "2", ""]]


def test_places_with_names_have_them() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0.5, 0.6], [0, 1], "o", label="ours")
    axes.set_yticks([0, 1], ["bn/without", "bn/after"])
    assert rows(figure) == [
        ["", "ours", "0.5", "bn/without", ""],
        ["", "ours", "0.6", "bn/after", ""],
    ]


def test_the_cells_of_a_matrix_and_no_photograph() -> None:
    figure = Figure()
    matrix, photograph = figure.subplots(1, 2)
    matrix.imshow([[1, 2], [3, 4]])
    photograph.imshow(np.zeros((28, 28, 3)))
    assert rows(figure) == [
        ["", "image", *cell, value]
        for cell, value in (("00", "1"), ("10", "2"), ("01", "3"), ("11", "4"))
    ]


def test_of_a_long_line_some_points_are_given() -> None:
    figure = Figure()
    figure.subplots().plot(range(10_001))
    rows = numbers(figure).splitlines()[1:]
    assert len(rows) == MOST_POINTS
    assert rows[0] == ",line 1,0,0,"
    assert rows[-1] == ",line 1,10000,10000,"
