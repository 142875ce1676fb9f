"""A new seed of each quick experiment lies among the measured ones, and among the documented."""

from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet, read_runs
from tests.parity.conftest import NEW_SEED, QUICK, SLOWER, names


def check(run_set: RunSet, measured: dict[str, Any]) -> None:
    """The figures after the last epoch lie in the interval of one more run.

    In the 99.97% one: of the 60 figures that are checked hardly one will lie outside by chance, on
    whatever machine. That the experiment is the documented one is for
    tests/documents/test_setups.py.
    """
    assert run_set.changes == []
    assert [run.seed for run in run_set.runs] == [NEW_SEED]
    for figure in ("loss", "accuracy", "val_loss", "val_accuracy"):
        band = Prediction(measured[run_set.name][figure], confidence=0.9997)
        assert band.n >= 5
        assert NEW_SEED not in measured[run_set.name]["seeds"]
        assert band.interval is not None
        low, high = band.interval
        (value,) = run_set.final(figure)
        assert low <= value <= high, f"{run_set.name}: {figure} after the last epoch"


@pytest.mark.parity
@pytest.mark.quick
@pytest.mark.parametrize("name", names(QUICK))
def test_quick_experiments(quick_runs: Path, measured: dict[str, Any], name: str) -> None:
    check(read_runs(quick_runs, name), measured)


@pytest.mark.parity
@pytest.mark.parametrize("name", names(SLOWER))
def test_slower_experiments(slower_runs: Path, measured: dict[str, Any], name: str) -> None:
    check(read_runs(slower_runs, name), measured)


@pytest.mark.parity
@pytest.mark.quick
@pytest.mark.parametrize("name", ["bn/after_activation", "bn/before_activation"])
def test_parameter_counts_are_the_documented_ones(quick_runs: Path, name: str) -> None:
    run_set = read_runs(quick_runs, name)
    assert run_set.documented is not None
    assert run_set.runs[0].result["parameters"] == run_set.documented.parameters
