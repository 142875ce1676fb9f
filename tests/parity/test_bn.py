"""The training figures of TF 2.4 are double means: three seeds of the batch normalization runs."""

import statistics
from pathlib import Path

import pytest

from dnn_techniques.results.run_sets import read_runs


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
