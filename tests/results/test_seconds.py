from pathlib import Path

import numpy as np
import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.results.run_sets import read_runs
from dnn_techniques.results.seconds import draw_seconds
from tests.results.runs_by_hand import write_run


def rows(accuracies: list[float], seconds: float) -> list[list[float]]:
    return [[k, 1, 0.5, 2, a, 0.1, seconds, 1, 0.4] for k, a in enumerate(accuracies, start=1)]


def test_the_mean_accuracy_stands_at_the_median_of_the_seconds_so_far(tmp_path: Path) -> None:
    for seed, (accuracy, seconds) in enumerate([(0.5, 1.0), (0.7, 2.0), (0.6, 90.0)]):
        write_run(tmp_path, seed, rows=rows([accuracy, accuracy + 0.1], seconds))
    figure = draw_seconds([read_runs(tmp_path, "bn/before_activation")])
    (line,) = figure.axes[0].get_lines()
    assert np.asarray(line.get_xdata()).tolist() == [2.0, 4.0]
    assert np.asarray(line.get_ydata()).tolist() == pytest.approx([0.6, 0.7])


def test_of_many_the_best_have_colours(tmp_path: Path) -> None:
    names = [f"rates/optimizers-optimizer=sgd,lr={k}" for k in range(12)]
    for k, name in enumerate(names):
        write_run(tmp_path, 1, name, documented=None, rows=rows([0.05 * k], 1.0))
    figure = draw_seconds([read_runs(tmp_path, name) for name in names])
    grey = [line.get_label() for line in figure.axes[0].get_lines() if line.get_color() == "0.8"]
    assert grey == ["optimizers-optimizer=sgd,lr=1", "optimizers-optimizer=sgd,lr=0"]
    assert len(figure.legends[0].get_texts()) == 10


def test_runs_without_validation_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    metrics = tmp_path / "bn" / "before_activation" / "seed-1" / "metrics.csv"
    metrics.write_text("epoch,loss,seconds\n1,0.5,2\n")
    with pytest.raises(InputError, match="bn/before_activation: no val_loss"):
        draw_seconds([read_runs(tmp_path, "bn/before_activation")])
