"""CIFAR-10 as float32 is 740 MB; a run takes it once."""

from pathlib import Path

import pytest

from benchmarks.startup import run


@pytest.mark.slow
@pytest.mark.real_data
def test_a_run_on_cifar10_stays_below_two_gigabytes(tmp_path: Path) -> None:
    short = ["--trainer.max_epochs", "1", "--trainer.limit_train_batches", "20"]
    out = ["--out", str(tmp_path)]
    _, megabytes = run(["-m", "dnn_techniques", "run", "cifar10/selu", *short, *out])
    assert list(tmp_path.glob("cifar10/*/seed-42/result.json"))
    assert megabytes < 2048
