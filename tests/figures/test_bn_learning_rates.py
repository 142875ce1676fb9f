from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from dnn_techniques.figures.bn_learning_rates import NETS, SWEEP, draw
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import write_run


def write(out: Path, seed: int, norm: str, lr: float, accuracy: float) -> None:
    write_run(
        out,
        seed,
        f"{SWEEP}-norm={norm},lr={lr}",
        rows=[[epoch, 1, 0.3, 2.3, accuracy * epoch / 2, lr, 2, 1, 0.3] for epoch in (1, 2)],
        config={"model": {"init_args": {"norm": norm, "lr": lr}}},
        documented=None,
    )


def test_a_line_for_each_net_over_the_rates(tmp_path: Path) -> None:
    assert {e.values["norm"] for e in select(SWEEP)} == set(NETS)
    for seed, offset in ((42, 0.0), (43, 0.25)):
        write(tmp_path, seed, "none", 0.01, 0.5 + offset)
        write(tmp_path, seed, "none", 1.0, 0.125)
        write(tmp_path, seed, "before", 1.0, 0.625 + offset)
    figure = draw(tmp_path)
    (axis,) = figure.axes
    assert axis.get_xscale() == "log"
    lines: dict[Any, Line2D] = {line.get_label(): line for line in axis.get_lines()}
    expected = {"none": [[0.01, 1], [0.625, 0.125]], "before": [[1], [0.75]]}
    assert list(lines) == [NETS[norm][0] for norm in expected]
    for norm, points in expected.items():
        np.testing.assert_array_equal(np.asarray(lines[NETS[norm][0]].get_data()), points)
    assert figure.get_suptitle().startswith("20 hidden layers after epoch 2: ")


def test_the_rates_of_both_nets_are_the_same() -> None:
    rates = {
        norm: [e.values["lr"] for e in select(SWEEP) if e.values["norm"] == norm] for norm in NETS
    }
    assert rates["none"] == rates["before"]
