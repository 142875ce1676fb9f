from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from dnn_techniques.figures.documented import build


def entry(figure: str, documented: float, **others: Any) -> dict[str, Any]:
    values = {"edition": "TF 2.4", "mean": 0.5, "interval": [0.45, 0.55], "verdict": "inside"}
    return {"figure": figure, "documented": documented, **values, **others}


def places(line: Line2D) -> list[float]:
    found: list[float] = np.asarray(line.get_xdata(), float).round(6).tolist()
    return found


def test_each_validation_or_test_figure_stands_on_our_interval() -> None:
    figures = {
        "bn/one": [entry("val_accuracy", 0.51), entry("val_loss", 0.55), entry("loss", 0.5)],
        "bn/two": [entry("test_accuracy", 0.4, verdict="OUTSIDE"), entry("val_loss", 0.5)],
        "bn/none": [entry("val_loss", 0.5, interval=None)],
    }
    accuracy, loss = build(figures).axes
    names = [label.get_text() for label in accuracy.get_yticklabels()]
    assert names == ["bn/one", "bn/two, test", "bn/two"]
    shown = {line.get_label(): line for line in (*accuracy.get_lines(), *loss.get_lines())}
    one = [line for line in accuracy.get_lines() if "bn/one" in str(line.get_label())]
    interval, documented = one
    assert places(interval) == [-0.05, 0.05]
    assert places(documented) == [0.01]
    far = shown["bn/two, test, documented, TF 2.4 (-0.10)"]
    assert (far.get_marker(), far.get_color(), places(far)) == ("<", "C3", [-0.08])
    (of_loss,) = [x for x in loss.get_lines() if x.get_label() == "bn/one, documented, TF 2.4"]
    assert places(of_loss) == [0.1]  # a share of our mean


def test_the_picture_is_no_higher_than_a_screen() -> None:
    figures = {f"bn/{k}": [entry("val_accuracy", 0.5)] for k in range(35)}
    assert build(figures).get_figheight() < 9
