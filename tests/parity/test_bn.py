"""The batch normalization runs reach the documented figures: three seeds of ten epochs each."""

import statistics
from pathlib import Path

import pytest

from dnn_techniques.results.run_sets import RunSet, read_runs
from tests.parity.conftest import CLAIM_SEEDS


def mean(run_set: RunSet, metric: str) -> float:
    values = run_set.final(metric)
    assert len(values) == len(CLAIM_SEEDS)
    return statistics.fmean(values)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "val_loss", "val_accuracy"),
    [("bn/after_activation", 0.357, 0.875), ("bn/before_activation", 0.387, 0.866)],
)
def test_epoch_10_is_the_documented_one(
    bn_runs: Path, name: str, val_loss: float, val_accuracy: float
) -> None:
    run_set = read_runs(bn_runs, name)
    assert run_set.documented is not None
    assert run_set.changes == []
    assert mean(run_set, "val_loss") == pytest.approx(val_loss, abs=0.012)
    assert mean(run_set, "val_accuracy") == pytest.approx(val_accuracy, abs=0.006)


@pytest.mark.parity
def test_printed_training_figures_are_the_double_means(bn_runs: Path) -> None:
    """In the first epoch the true mean is far from what the TF 2.4 edition prints."""
    for name in ("bn/after_activation", "bn/before_activation"):
        run_set = read_runs(bn_runs, name)
        assert run_set.documented is not None
        printed = run_set.documented.at("TF 2.4", "loss", 1)
        double = statistics.fmean(run.curves["printed_loss"][0] for run in run_set.runs)
        true = statistics.fmean(run.curves["loss"][0] for run in run_set.runs)
        assert double == pytest.approx(printed, abs=0.06)
        assert true != pytest.approx(printed, abs=0.25)
