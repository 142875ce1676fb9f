"""Also: the printed table is what repeated draws of the weights give."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection

from dnn_techniques.figures.self_normalization import (
    build,
    documented_rows,
    draw,
    other_draws,
    spread,
)
from dnn_techniques.layers import glorot_uniform, he_normal, self_normalization

ROUNDING = 0.005  # two digits are printed


def test_spread_is_three_sample_deviations_around_the_mean() -> None:
    band = spread([np.array([1.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])])
    assert band.low.tolist() == pytest.approx([-1, 5], rel=1e-14)
    assert band.high.tolist() == pytest.approx([5, 5], rel=1e-14)


def test_the_printed_rows_lie_in_the_spread_of_other_draws() -> None:
    """Each of 20 printed figures, in the band that the next draw leaves with probability 1%.

    15 draws of 100 inputs instead of 20 of 500, for speed: after the first layers the weights make
    the spread (0.034 for the mean, 0.04 for the deviation, with either number of inputs).
    """
    rows = documented_rows()
    assert [layer for layer, _, _ in rows] == list(range(0, 1000, 100))
    draws = other_draws(15, depth=901, samples=100)
    means = spread([signal.mean for signal in draws])
    stds = spread([signal.std for signal in draws])
    for layer, mean, std in rows:
        assert means.low[layer] - ROUNDING <= mean <= means.high[layer] + ROUNDING
        assert stds.low[layer] - ROUNDING <= std <= stds.high[layer] + ROUNDING
    # Which says something: the bands are narrow, and other nets leave them within 100 layers.
    assert (means.high - means.low)[100:].max() < 0.4
    assert (stds.high - stds.low)[100:].max() < 0.5
    assert self_normalization(101, 100, 100, "relu", he_normal).std[100] < stds.low[100] - 0.5
    assert self_normalization(101, 100, 100, "tanh", glorot_uniform).std[100] < stds.low[100] - 0.5


def test_no_other_draw_is_the_notebooks() -> None:
    draws = other_draws(2, depth=3, samples=10)
    stds = [signal.std.tolist() for signal in draws]
    assert stds[0] != stds[1]
    assert self_normalization(3, samples=10).std.tolist() not in stds
    assert self_normalization(3, samples=10, seed=43).std.tolist() == stds[0]


def test_the_picture_has_the_notebooks_size(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[dict[str, int]] = []
    monkeypatch.setattr(
        "dnn_techniques.figures.self_normalization.build", lambda **size: sizes.append(size)
    )
    draw(Path())
    assert sizes == [{"depth": 1000, "samples": 500, "draws": 20}]


def test_panels_show_the_draw_the_spread_the_printed_rows_and_the_others() -> None:
    figure = build(depth=30, samples=20, draws=3)
    rows = documented_rows()
    signal = self_normalization(30, samples=20)
    others = other_draws(3, depth=30, samples=20)
    relu = self_normalization(30, samples=20, activation="relu", initializer=he_normal)
    tanh = self_normalization(30, samples=20, activation="tanh", initializer=glorot_uniform)
    for row, name in enumerate(("mean", "std")):
        left, right = figure.axes[2 * row : 2 * row + 2]
        ours, printed = left.get_lines()
        assert np.array_equal(ours.get_ydata(), getattr(signal, name))
        layers, values = np.asarray(printed.get_data()).tolist()
        assert layers == [layer for layer, _, _ in rows]
        assert values == [figures[row] for _, *figures in rows]
        (band,) = left.collections
        assert isinstance(band, FillBetweenPolyCollection)
        expected = spread([getattr(other, name) for other in others])
        drawn = np.asarray(band.get_paths()[0].vertices)
        assert drawn[:, 1].min() == pytest.approx(expected.low.min())
        assert drawn[:, 1].max() == pytest.approx(expected.high.max())
        for line, statistics in zip(right.get_lines(), (signal, relu, tanh), strict=True):
            assert np.array_equal(line.get_ydata(), getattr(statistics, name))
        label = f"{'mean' if name == 'mean' else 'standard deviation'} of the outputs"
        assert (left.get_ylabel(), right.get_ylabel()) == (label, label)
    assert figure.axes[3].get_yscale() == "log"
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert texts == [
        "mean of 3 other draws ± 3 deviations",
        "SELU, the notebook's draw",
        "printed in the notebook",
        "SELU, LeCun's variance",
        "ReLU, He's initializer",
        "tanh, Glorot's initializer",
    ]
