import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dnn_techniques.figures.group_runs import about
from dnn_techniques.figures.vanishing_gradients import STYLES, draw, draw_quantity
from dnn_techniques.results.run_sets import Run, RunSet, read_runs
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import write_run

LAYERS = 4
NAMES = {
    "sigmoid": "logistic (Glorot)",
    "tanh": "tanh (Glorot)",
    "relu": "ReLU (He)",
    "selu": "SELU (LeCun)",
}
QUANTITIES = ("output_std", "saturated", "gradient_rms")


def experiment_of(name: str) -> str:
    activation, initializer = name.split("-")
    return f"initialization/signal-activation={activation},initializer={initializer}"


def write(out: Path, seed: int, name: str, measured: dict[str, list[float]]) -> None:
    """The run of an experiment such as ``relu-naive`` that measured this."""
    experiment = experiment_of(name)
    write_run(out, seed, experiment, documented=None, measured=measured)
    activation, initializer = name.split("-")
    arguments = {"activation": activation, "initializer": initializer}
    config = yaml.safe_dump({"model": {"init_args": arguments}})
    (out / experiment / f"seed-{seed}" / "config.yaml").write_text(config)


def values(number: int, seed: int, quantity: str) -> list[float]:
    """What the run of the experiment of this number measured: above 0 and all different."""
    first = number + 10 * QUANTITIES.index(quantity) + (seed - 42) / 2
    return [0.01 * (first + 1) * 2**layer for layer in range(LAYERS)]


def curve(line: Line2D) -> list[list[float]]:
    return [list(line.get_xdata()), list(line.get_ydata())]  # type: ignore[arg-type]


def test_every_seed_is_a_line_in_the_column_of_its_initializer(tmp_path: Path) -> None:
    names = ["-".join(experiment.values.values()) for experiment in select("initialization")]
    assert {name.split("-")[0] for name in names} == set(STYLES)
    for number, name in enumerate(names):
        for seed in (42, 43):
            write(tmp_path, seed, name, {q: values(number, seed, q) for q in QUANTITIES})
    figure = draw(tmp_path)
    panels = iter(figure.axes)
    for quantity, scale in zip(QUANTITIES, ("log", "linear", "log"), strict=True):
        for initializer in ("naive", "recommended"):
            axis = next(panels)
            assert axis.get_yscale() == scale
            shown = [[curve(line), line.get_label()] for line in axis.get_lines()]
            assert shown == [
                [[list(range(1, LAYERS + 1)), values(number, seed, quantity)], NAMES[activation]]
                for number, (activation, of) in enumerate(name.split("-") for name in names)
                if of == initializer
                for seed in (42, 43)
            ]
            looks = {(line.get_color(), line.get_linestyle()) for line in axis.get_lines()}
            assert len(looks) == len(STYLES)
            assert not axis.texts
    check_texts(figure)


def check_texts(figure: Figure) -> None:
    assert figure.get_suptitle().endswith("one line per seed\ninitialization, 2 seeds")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(NAMES.values())
    naive, recommended = figure.axes[:2]
    assert naive.get_title() == "naive: normal distribution of deviation 1"
    assert recommended.get_title().startswith("recommended: ")
    assert [axis.get_ylabel() for axis in figure.axes[::2]] == [
        "Standard deviation\nof the outputs",
        "Share of saturated units\n"
        "(slope below 1% of the steepest;\nfor ReLU the units that are off)",
        "RMS of the loss's gradient\nwith respect to the outputs",
    ]
    assert [axis.get_xlabel() for axis in figure.axes[-2:]] == ["Hidden layer"] * 2
    for left, right in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert left.get_ylim() == right.get_ylim()


def test_what_has_no_place_leaves_a_gap_and_is_counted(tmp_path: Path) -> None:
    died = {q: [1.0, 0.5, 0.0, 0.0] for q in QUANTITIES}
    exploded = {q: [1.0, math.inf, math.nan, 4.0] for q in QUANTITIES}
    steady = {q: [0.5] * 4 for q in QUANTITIES}
    write(tmp_path, 42, "sigmoid-naive", died)
    write(tmp_path, 43, "sigmoid-naive", steady)
    write(tmp_path, 42, "relu-naive", exploded)
    write(tmp_path, 42, "tanh-naive", steady)
    run_sets = [
        read_runs(tmp_path, experiment_of(f"{name}-naive")) for name in ("sigmoid", "tanh", "relu")
    ]
    logarithmic, shares = Figure().subplots(1, 2)
    draw_quantity(logarithmic, run_sets, "gradient_rms")
    lines = [curve(line)[1] for line in logarithmic.get_lines()]
    gap = math.nan
    expected = [[1, 0.5, gap, gap], [0.5] * 4, [0.5] * 4, [1, gap, gap, 4]]
    np.testing.assert_array_equal(lines, expected)
    (note,) = logarithmic.texts
    assert note.get_text().splitlines() == [
        "0, infinite or undefined, so not drawn:",
        "logistic (Glorot) 2 of 8",
        "ReLU (He) 2 of 4",
    ]
    # On a linear axis 0 has a place.
    draw_quantity(shares, run_sets, "saturated")
    assert curve(shares.get_lines()[0])[1] == [1, 0.5, 0, 0]
    (note,) = shares.texts
    assert note.get_text().splitlines()[1:] == ["ReLU (He) 2 of 4"]


def test_draws_the_runs_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, 42, "tanh-naive", {q: [0.5] * 4 for q in QUANTITIES})
    figure = draw(tmp_path)
    assert [len(axis.get_lines()) for axis in figure.axes] == [1, 0, 1, 0, 1, 0]
    assert figure.get_suptitle().endswith("\n1 of 8 experiments of initialization, 1 seed")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tanh (Glorot)"]


@pytest.mark.parametrize(
    ("seeds", "changes", "stands_in_for", "said"),
    [
        ([2, 2], [], None, "2 of 3 experiments of bn, 2 seeds"),
        ([1, 5, 3], [], None, "bn, 1 to 5 seeds"),
        ([1, 1, 1], ["lr 1 -> 2"], None, "bn, 1 seed, with changed settings"),
        ([1, 1, 1], [], "fashion_mnist", "bn, 1 seed, on digits, NOT on fashion_mnist"),
        ([1, 1, 1], ["a"], "mnist", "bn, 1 seed, on digits, NOT on mnist, with changed settings"),
    ],
)
def test_says_what_was_run(
    seeds: list[int], changes: list[str], stands_in_for: str | None, said: str
) -> None:
    as_it_was = {"changes": [], "data": {"stands_in_for": None}}
    odd = {"changes": changes, "data": {"stands_in_for": stands_in_for}}
    run_sets = [
        RunSet("bn/x", [Run(seed, {}, result, {}) for seed in range(count)], None)
        for count, result in zip(seeds, [as_it_was, odd, as_it_was], strict=False)
    ]
    assert about(run_sets) == said
