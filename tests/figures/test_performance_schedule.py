from pathlib import Path

import numpy as np

from dnn_techniques.figures.performance_schedule import draw
from tests.results import runs_by_hand

LR = [0.02, 0.02, 0.01]
VAL_LOSS = [0.5, 0.61, 0.43]


def write_run(out: Path, seed: int, val_loss: list[float]) -> None:
    rows = [
        [epoch, 1, 0.5, loss, 0.87, lr, 2, 1.1, 0.4]
        for epoch, (loss, lr) in enumerate(zip(val_loss, LR, strict=True), 1)
    ]
    runs_by_hand.write_run(out, seed, "schedules/performance", documented=None, rows=rows)


def test_both_curves_of_the_first_seed_on_axes_of_their_own(tmp_path: Path) -> None:
    write_run(tmp_path, 43, [9.0, 9.0, 9.0])
    write_run(tmp_path, 42, VAL_LOSS)
    rates, losses = draw(tmp_path).axes
    (line,) = rates.get_lines()
    assert np.asarray(line.get_data()).tolist() == [[1, 2, 3], LR]
    assert line.get_drawstyle() == "steps-mid"
    assert rates.get_ylim()[0] == 0
    (curve,) = losses.get_lines()
    assert np.asarray(curve.get_data()).tolist() == [[1, 2, 3], VAL_LOSS]
    assert rates.get_xlabel() == "Epoch"
    for axis, drawn, label in (
        (rates, line, "Learning rate (circles)"),
        (losses, curve, "Validation loss in nats (triangles)"),
    ):
        assert axis.get_ylabel() == label
        assert axis.yaxis.label.get_color() == drawn.get_color()
    assert line.get_color() != curve.get_color()
    assert rates.get_title().endswith("schedules/performance, seed 42")
