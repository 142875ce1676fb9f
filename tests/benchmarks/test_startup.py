"""CIFAR-10 as float32 is 740 MB; a run takes it once."""

import subprocess
import sys
from pathlib import Path

import pytest

# `run` is called in a process of its own: it reports no less memory than its caller ever had, and
# the one that runs the tests has had much.
PEAK = "import sys; from benchmarks.startup import run; print(run(sys.argv[1:])[1])"


def peak(*arguments: str) -> float:
    """Peak memory in MB of a Python process."""
    command = [sys.executable, "-c", PEAK, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_the_memory_of_the_caller_does_not_count() -> None:
    held = b"1" * 2**28
    assert peak("-c", "pass") < len(held) / 2**20


# One waits for a figure that is known without the data, one for a figure that is looked up.
@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
@pytest.mark.slow
@pytest.mark.real_data
def test_a_run_on_cifar10_stays_below_two_gigabytes(monitor: str, tmp_path: Path) -> None:
    short = ["--trainer.max_epochs", "1", "--trainer.limit_train_batches", "20"]
    short += ["--trainer.callbacks=EarlyStopping", f"--trainer.callbacks.monitor={monitor}"]
    out = ["--out", str(tmp_path)]
    megabytes = peak("-m", "dnn_techniques", "run", "cifar10/selu", *short, *out)
    assert list(tmp_path.glob("cifar10/*/seed-42/result.json"))
    assert megabytes < 2048
