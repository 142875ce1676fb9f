"""A run with a new seed beside the documented run: could both be runs of one experiment?

How far two runs lie apart is known from the five seeds of docs/results/fashion_mnist.json, among
which the new seed is not. All printed figures of five new trainings are for
test_documented_figures.py; these are quick.
"""

import math
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet, read_runs
from tests.parity.conftest import NEW_SEED, QUICK, names

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def printed(run_set: RunSet, figure: str) -> list[float]:
    """What the documents print of the last epoch, if it is the same figure: no double means."""
    found = run_set.documented
    assert run_set.epoch is not None
    if found is None:
        return []
    values = [
        found.at(edition, figure, run_set.epoch)
        for edition in found.curves
        if found.column(edition, figure) == figure
    ]
    return [value for value in values if value is not None]


def check(run_set: RunSet, measured: dict[str, Any]) -> None:
    """The new run's last figures lie close enough to the printed ones.

    The difference of two runs over s sqrt(2) has Student's t distribution, s being the deviation of
    the measured runs. Asked for are 99.97%: of the 60 figures hardly one will lie outside by
    chance, on whatever machine. What no document prints is compared with the mean of the measured
    runs. That the experiment is the documented one is for tests/documents/test_setups.py.
    """
    assert run_set.changes == []
    assert [run.seed for run in run_set.runs] == [NEW_SEED]
    for figure in FIGURES:
        band = Prediction(measured[run_set.name][figure], confidence=0.9997)
        assert band.n >= 5
        assert NEW_SEED not in measured[run_set.name]["seeds"]
        assert band.reach is not None
        apart = band.reach * math.sqrt(2 / (1 + 1 / band.n))
        documented = printed(run_set, figure)
        (value,) = run_set.final(figure)
        for other in documented:
            assert abs(value - other) <= apart, f"{run_set.name}: {figure}, printed {other}"
        if not documented:
            assert abs(value - band.mean) <= band.reach, f"{run_set.name}: {figure}"


@pytest.mark.parity
@pytest.mark.quick
@pytest.mark.parametrize("name", names(QUICK))
def test_quick_experiments(quick_runs: Path, measured: dict[str, Any], name: str) -> None:
    check(read_runs(quick_runs, name), measured)
