from pathlib import Path

import numpy as np
import pytest

from dnn_techniques.figures.learning_curves import NAME, draw
from tests.results.runs_by_hand import write_run

# epoch, loss, accuracy, val_loss, val_accuracy, lr, seconds
ROWS = [[1, 0.72, 0.77, 0.50, 0.83, 0.01, 2], [2, 0.48, 0.83, 0.44, 0.85, 0.01, 2]]


def test_the_training_is_drawn_half_an_epoch_earlier(tmp_path: Path) -> None:
    write_run(tmp_path, 42, NAME, rows=ROWS, documented="ch10-fashion-mlp")
    (axis,) = draw(tmp_path).axes
    lines = {line.get_label(): np.asarray(line.get_data()) for line in axis.get_lines()}
    columns = ("training loss", "training accuracy", "validation loss", "validation accuracy")
    for i, name in enumerate(columns, start=1):
        earlier = 0.5 if name.startswith("training") else 0
        epochs, values = lines[name]
        assert epochs.tolist() == [1 - earlier, 2 - earlier]
        assert values.tolist() == [row[i] for row in ROWS]
    marks = [line for line in axis.get_lines() if line.get_marker() == "D"]
    found = [np.asarray(mark.get_data()).T.tolist() for mark in marks]
    assert [[0.5, 0.7218], [1.5, 0.484], [29.5, 0.2252]] in found
    assert [[1, 0.8366], [2, 0.848], [30, 0.8926]] in found
    assert len(found) == 4
    assert axis.get_title().endswith("seed 42")
    assert axis.get_ylim() == (0, 1)


def test_without_the_documents_data_there_are_no_marks(tmp_path: Path) -> None:
    other = {"name": "digits", "stands_in_for": "fashion_mnist", "sha256": "0"}
    write_run(tmp_path, 42, NAME, rows=ROWS, documented="ch10-fashion-mlp", data=other)
    (axis,) = draw(tmp_path).axes
    assert len(axis.get_lines()) == 4
    assert "NOT on fashion_mnist" in axis.get_title()
    assert pytest.approx(0) == axis.get_xlim()[0]
