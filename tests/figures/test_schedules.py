"""With 3,200 images, 100 steps an epoch, for speed."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from dnn_techniques.figures.schedules import build, draw
from dnn_techniques.optim import OneCycle


@pytest.fixture(scope="module")
def axes() -> list[Axes]:
    return build(images=3200).axes


def rates(axis: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in axis.get_lines()}


def test_schedules_per_step(axes: list[Axes]) -> None:
    drawn = rates(axes[0])
    t = np.arange(2500)
    s = 20 * 3200 / 32
    assert drawn.pop("power") == pytest.approx(0.01 / (1 + t / 10_000), rel=1e-12)
    assert drawn.pop("exponential") == pytest.approx(0.01 * 0.1 ** (t / s), rel=1e-12)
    ahead = drawn.pop("exponential, by batch (a step ahead)")
    assert ahead == pytest.approx(0.01 * 0.1 ** ((t + 1) / s), rel=1e-12)
    assert not drawn


def test_schedules_per_epoch(axes: list[Axes]) -> None:
    drawn = rates(axes[1])
    epochs = np.array([*range(25), 24])  # the last one's rate holds to its end
    exponential = drawn.pop("exponential, by epoch")
    assert exponential == pytest.approx(0.01 * 0.1 ** (epochs / 20), rel=1e-12)
    constant = drawn.pop("piecewise constant")
    assert constant == pytest.approx([0.01] * 5 + [0.005] * 10 + [0.001] * 11, rel=1e-12)
    # The printed val_loss is lowest in epochs 4 and 10; 5, 11 and 16 epochs later ...
    performance = drawn.pop("performance, on the printed val_loss")
    halves = [0.02] * 9 + [0.01] * 6 + [0.005] * 5 + [0.0025] * 6
    assert performance == pytest.approx(halves, rel=1e-12)
    assert not drawn


def test_one_cycle(axes: list[Axes]) -> None:
    cycle = OneCycle(0.05, 25 * 25)
    assert rates(axes[2])["1cycle"] == pytest.approx([cycle(t) for t in range(625)], rel=1e-9)


def test_axes_count_epochs_and_show_every_rate(axes: list[Axes]) -> None:
    labels = ["Epoch of 100 steps", "Epoch", "Epoch of 25 steps"]
    for axis, steps, label in zip(axes, (100, 1, 25), labels, strict=True):
        assert axis.get_xlabel() == label
        assert axis.get_ylabel() == "Learning rate"
        assert axis.get_xlim() == (0, 25 * steps)
        assert list(axis.get_xticks())[1:3] == [0, 5 * steps]
        assert axis.xaxis.get_major_formatter()(5 * steps) == "5"
        bottom, top = axis.get_ylim()
        assert bottom == 0
        assert top > max(line.max() for line in rates(axis).values())
        colors = [line.get_color() for line in axis.get_lines()]
        legend = axis.get_legend()
        assert legend is not None
        assert [line.get_color() for line in legend.get_lines()] == colors
        assert len(set(colors)) == len(colors)


def test_the_picture_is_that_of_the_experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[dict[str, int]] = []
    monkeypatch.setattr("dnn_techniques.figures.schedules.build", lambda **size: sizes.append(size))
    draw(Path())
    assert sizes == [{"images": 55_000}]
