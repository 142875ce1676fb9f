import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from matplotlib.lines import Line2D

from dnn_techniques.data import CATALOG
from dnn_techniques.figures import cifar10, cifar10_rates, range_test
from dnn_techniques.runs.run_folder import COLUMNS
from tests.results.runs_by_hand import write_run

DATA = {"name": "cifar10", "stands_in_for": None, "sha256": CATALOG["cifar10"].sha256}


def write(out: Path, seed: int, name: str, losses: list[float], **settings: float) -> None:
    """A run with these validation losses."""
    documented = {"cifar10/bn": "cifar10-bn"}.get(name)
    write_run(out, seed, name, documented=documented, data=DATA)
    folder = out / name / f"seed-{seed}"
    rows = [[epoch, 9, 0.1, loss, 0.5, 0.1, 4, 1, 0.3] for epoch, loss in enumerate(losses, 1)]
    lines = [",".join(map(str, row)) for row in (COLUMNS[:9], *rows)]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {"init_args": settings}}))


def points(line: Line2D) -> Any:
    return np.asarray(line.get_data()).tolist()


def test_the_nets_over_epochs_and_seconds(tmp_path: Path) -> None:
    write(tmp_path, 42, "cifar10/bn", [1.9, 1.5, 1.4])
    write(tmp_path, 43, "cifar10/bn", [1.7, 1.3])  # stopped earlier
    figure = cifar10.draw(tmp_path)
    epochs, seconds = figure.axes[:2]
    mean, printed = epochs.get_lines()
    assert points(mean) == [[1, 2], pytest.approx([1.8, 1.4])]
    assert printed.get_linestyle() == ":"
    assert points(printed)[1][:2] == [1.6602, 1.5887]
    assert np.isnan(points(printed)[1][17:32]).all()  # epochs 18 to 32 are not printed
    assert (points(printed)[0][32], points(printed)[1][32]) == (33, 1.3682)
    (line,) = seconds.get_lines()
    assert points(line)[0] == [4, 8]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["c: BN, ELU"]
    assert "1 of 6 experiments of cifar10, 2 seeds" in figure.get_suptitle()


def test_the_searches_for_a_rate(tmp_path: Path) -> None:
    for lr, last in ((0.0005, 1.4), (0.0001, 1.6)):
        write(tmp_path, 42, f"cifar10-rates/bn-lr={lr}", [2.0, last], lr=lr)
        for rate in (0.1, 0.4):
            name = f"cifar10-rates/alpha_dropout-rate={rate},lr={lr}"
            write(tmp_path, 42, name, [2.0, last + rate], lr=lr, rate=rate)
    figure = cifar10_rates.draw(tmp_path)
    curves, losses, _, dropped = figure.axes
    assert curves.get_title() == "c: BN, ELU"
    assert [points(line) for line in curves.get_lines()] == [
        [[1, 2], [2.0, 1.6]],
        [[1, 2], [2.0, 1.4]],
    ]
    assert points(losses.get_lines()[0]) == [[0.0001, 0.0005], [1.6, 1.4]]
    assert [points(line)[1] for line in dropped.get_lines()[:2]] == [
        pytest.approx([1.7, 1.5]),
        pytest.approx([2.0, 1.8]),
    ]
    assert losses.get_lines()[-1].get_label() == "0.0005, the notebook's choice"


@pytest.mark.slow
@pytest.mark.real_data
def test_the_replayed_range_test_is_near_the_printed_one() -> None:
    """Its rates explode, so that rounding shows: .1255 and 2.6167 are printed."""
    (axis,) = range_test.draw_experiment("cifar10/one_cycle").axes
    told = axis.get_title().partition("epoch: ")[2]
    accuracy, ours, lowest, our_lowest = map(float, re.findall(r"\d\.\d{4}", told))
    assert (accuracy, lowest) == (0.1255, 2.6167)
    assert ours == pytest.approx(accuracy, abs=0.003)
    assert our_lowest == pytest.approx(lowest, abs=0.005)
