from collections.abc import Callable
from pathlib import Path

import pytest

from dnn_techniques.cli import main


@pytest.fixture
def mc_run(archive: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the run folders with a small run of mc-dropout/alpha_dropout: takes a second."""
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    out = tmp_path / "runs"
    small = ["--data.validation", "50", "--trainer.max_epochs", "1", "--trainer.accelerator", "cpu"]
    name = "mc-dropout/alpha_dropout"
    assert main(["fit", "-c", name, "--experiment", name, "--out", str(out), *small]) == 0
    return out
