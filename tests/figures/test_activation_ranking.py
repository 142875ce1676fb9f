from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.axes import Axes

from dnn_techniques.figures.activation_ranking import LABELS, draw
from dnn_techniques.results.claims.activations import ACTIVATION_ORDER
from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.run_folder import COLUMNS
from tests.results.runs_by_hand import write_run

DEPTHS = (2, 8, 20)
SEED, MEAN, CROSS = "a seed", "mean of the seeds", "a seed whose loss is infinite or undefined"
NOTHING = "a seed that has learned nothing (0.1)"


def write(
    out: Path, seed: int, name: str, accuracy: float, loss: float = 0.4, last: int = 2
) -> None:
    """The run of an experiment such as ``relu-8`` that ended so; it began with other figures."""
    activation, depth = name.split("-")
    experiment = f"ranking/activations-activation={activation},depth={depth}"
    write_run(out, seed, experiment, documented=None)
    folder = out / experiment / f"seed-{seed}"
    rows = [[epoch, 1, 0.3, 0.9, 0.2, 0.01, 2, 1, 0.3] for epoch in range(1, last)]
    rows.append([last, 1, 0.3, loss, accuracy, 0.01, 2, 1, 0.3])
    lines = [",".join(map(str, row)) for row in (COLUMNS[: len(rows[0])], *rows)]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    arguments = {"activation": activation, "depth": int(depth)}
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {"init_args": arguments}}))


def points(axis: Axes, label: str) -> list[tuple[float, int]]:
    """Accuracy and row of every point that is drawn under a label."""
    lines = [line for line in axis.get_lines() if line.get_label() == label]
    data = np.concatenate([np.asarray(line.get_data()).T for line in lines] or [np.empty((0, 2))])
    return [(float(accuracy), round(row)) for accuracy, row in data]


def names(axis: Axes) -> list[str]:
    return [text.get_text() for text in axis.get_yticklabels()]


def test_a_panel_for_each_depth_with_rows_in_the_books_order(tmp_path: Path) -> None:
    assert tuple(LABELS) == ACTIVATION_ORDER
    experiments = ["{activation}-{depth}".format(**e.values) for e in select("ranking")]
    assert experiments == [f"{activation}-{depth}" for activation in LABELS for depth in DEPTHS]
    accuracies = {name: 0.2 + number / 32 for number, name in enumerate(experiments)}
    for name, accuracy in accuracies.items():
        for seed, offset in ((42, 0.0), (43, 0.0625), (44, 0.0625)):
            write(tmp_path, seed, name, accuracy + offset)
    figure = draw(tmp_path)
    assert len(figure.axes) == len(DEPTHS)
    for axis, depth in zip(figure.axes, DEPTHS, strict=True):
        assert axis.get_title() == f"{depth} hidden layers"
        expected = [(accuracies[f"{a}-{depth}"], row) for row, a in enumerate(LABELS)]
        assert points(axis, SEED) == [
            (accuracy + offset, row) for accuracy, row in expected for offset in (0, 0.0625, 0.0625)
        ]
        means = [(accuracy + 0.125 / 3, row) for accuracy, row in expected]
        assert np.array(points(axis, MEAN)) == pytest.approx(np.array(means), rel=1e-12)
        assert names(axis) == [
            f"{label} {mean:.3f}" for label, (mean, _) in zip(LABELS.values(), means, strict=True)
        ]
        assert [round(tick) for tick in axis.get_yticks()] == list(range(len(LABELS)))
        bottom, top = axis.get_ylim()
        assert bottom > top  # the first one on top
        assert axis.get_xlabel() == "Validation accuracy"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [SEED, MEAN]
    assert figure.get_suptitle() == (
        "Validation accuracy after epoch 2 by activation, in the book's order\nranking, 3 seeds"
    )


def test_seeds_of_the_same_accuracy_lie_side_by_side(tmp_path: Path) -> None:
    for seed in (42, 43, 44):
        write(tmp_path, seed, "selu-2", 0.5)
    (axis,) = draw(tmp_path).axes
    (line,) = [line for line in axis.get_lines() if line.get_label() == SEED]
    assert list(line.get_ydata()) == pytest.approx([-0.1, 0, 0.1])  # type: ignore[arg-type]


def test_nets_that_learned_nothing_leave_the_others_room(tmp_path: Path) -> None:
    write(tmp_path, 42, "selu-20", 0.88)
    write(tmp_path, 42, "relu-20", 0.87)
    write(tmp_path, 42, "sigmoid-20", 0.1)
    figure = draw(tmp_path)
    (axis,) = figure.axes
    assert points(axis, SEED) == [(0.88, 0), (0.87, 3)]
    assert points(axis, NOTHING) == [(0.02, 5)]  # a share of the axis
    assert axis.get_xlim()[0] > 0.86
    assert names(axis)[-1] == "logistic 0.100"


def test_lost_runs_are_marked_and_missing_ones_said(tmp_path: Path) -> None:
    write(tmp_path, 42, "relu-20", 0.7)
    write(tmp_path, 43, "relu-20", 0.1, loss=float("nan"))
    write(tmp_path, 44, "relu-20", 0.1, loss=float("inf"))
    write(tmp_path, 42, "tanh-20", 0.6, last=3)
    write(tmp_path, 42, "selu-2", 0.8)
    figure = draw(tmp_path)
    shallow, axis = figure.axes
    assert points(shallow, SEED) == [(0.8, 0)]
    assert points(axis, SEED) == [(0.7, 3), (0.6, 4)]
    assert points(axis, CROSS) == [(0.1, 3), (0.1, 3)]
    assert np.array(points(axis, MEAN)) == pytest.approx(np.array([(0.3, 3), (0.6, 4)]))
    missing = [f"{label}, no run" for label in ("SELU", "ELU", "leaky ReLU")]
    assert names(axis) == [*missing, "ReLU 0.300", "tanh 0.600", "logistic, no run"]
    (legend,) = figure.legends
    assert CROSS in [text.get_text() for text in legend.get_texts()]
    assert figure.get_suptitle() == (
        "Validation accuracy after the last epoch by activation, in the book's order\n"
        "3 of 18 experiments of ranking, 1 to 3 seeds"
    )
