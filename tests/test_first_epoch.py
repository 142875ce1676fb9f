"""A minute's evidence on the real data: one epoch of a documented run."""

from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.results.run_sets import read_runs


@pytest.mark.real_data
def test_first_epoch_of_bn_before_activation(tmp_path: Path) -> None:
    options = ["--out", str(tmp_path), "--trainer.max_epochs", "1", "--data.name", "fashion_mnist"]
    assert main(["run", "bn/before_activation", *options]) == 0
    run_set = read_runs(tmp_path, "bn/before_activation-max_epochs=1")
    assert run_set.documented is not None
    for metric, tolerance in (("val_loss", 0.03), ("val_accuracy", 0.02)):
        printed = run_set.documented.at("TF 2.4", metric, 1)
        assert run_set.final(metric) == [pytest.approx(printed, abs=tolerance)]
