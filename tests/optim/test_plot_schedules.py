"""The picture shows the rates and momenta that a training would get."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dnn_techniques.optim.one_cycle import one_cycle
from dnn_techniques.optim.plateau import reduce_on_plateau
from dnn_techniques.optim.plot_schedules import plot_schedules
from dnn_techniques.optim.schedules import exponential, power

Schedules = dict[str, Callable[[Optimizer], LRScheduler]]


def heights(line: Line2D) -> list[float]:
    """The line's y values; its x values must be 0, 1, 2, ..."""
    x, y = np.asarray(line.get_data())
    assert x.tolist() == list(range(len(x)))
    values: list[float] = y.tolist()
    return values


def test_lines_are_the_schedules_on_labelled_axes() -> None:
    figure = Figure()
    ax = figure.subplots()
    schedules = {"power": partial(power, s=10), "exponential": partial(exponential, s=5)}
    plot_schedules(ax, schedules, steps=30, lr=0.2, unit="epoch")
    first, second = ax.get_lines()
    assert heights(first) == pytest.approx([0.2 / (1 + t / 10) for t in range(30)], rel=1e-14)
    assert heights(second) == pytest.approx([0.2 * 0.1 ** (t / 5) for t in range(30)], rel=1e-14)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Epoch", "Learning rate")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["power", "exponential"]
    assert len(figure.axes) == 1  # nothing cycles the momentum


def test_momentum_is_drawn_where_it_cycles() -> None:
    figure = Figure()
    schedules: Schedules = {
        "power": partial(power, s=10),
        "notebook": partial(one_cycle, max_lr=0.05, steps=21),
        "book": partial(one_cycle, max_lr=0.05, steps=21, cycle_momentum=True),
    }
    plot_schedules(figure.subplots(), schedules, steps=21, lr=0.2)
    ax, momentum_ax = figure.axes
    (line,) = momentum_ax.get_lines()
    assert line.get_color() == ax.get_lines()[2].get_color()
    assert line.get_linestyle() == "--"
    expected = np.interp(range(21), [0, 9, 18], [0.95, 0.85, 0.95]).tolist()
    assert heights(line) == pytest.approx(expected, rel=1e-14)
    assert momentum_ax.get_ylabel() == "Momentum (dashed)"


def test_performance_scheduling_reacts_to_the_losses() -> None:
    ax = Figure().subplots()
    schedules = {"plateau": partial(reduce_on_plateau, factor=0.5, patience=2)}
    plot_schedules(ax, schedules, steps=5, lr=0.2, losses=[1, 2, 2, 2, 2])
    assert heights(ax.get_lines()[0]) == [0.2, 0.2, 0.2, 0.1, 0.1]
    with pytest.raises(ValueError, match=r"^losses must have at least 5 values, got 4$"):
        plot_schedules(ax, schedules, steps=5, lr=0.2, losses=[1, 2, 2, 2])


def test_the_figure_becomes_a_png(tmp_path: Path) -> None:
    figure = Figure(layout="constrained")
    schedules = {"book": partial(one_cycle, max_lr=0.05, steps=21, cycle_momentum=True)}
    plot_schedules(figure.subplots(), schedules, steps=21, lr=0.2)
    figure.savefig(tmp_path / "schedules.png", dpi=50)
    pixels = imread(tmp_path / "schedules.png")
    assert pixels.shape == (240, 320, 4)
    assert 0.01 < (pixels[..., :3].min(axis=2) < 0.9).mean() < 0.5


@pytest.mark.parametrize(
    ("steps", "lr", "message"),
    [
        (0, 0.1, "steps must be at least 1, got 0"),
        (1, 0.0, "lr must be above 0, got 0.0"),
    ],
)
def test_bad_values_are_refused(steps: int, lr: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        plot_schedules(Figure().subplots(), {"power": partial(power, s=1)}, steps, lr)
