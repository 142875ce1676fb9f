"""Two processes train as one does on their batches together."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from tests.engine.training import same_values, same_weights
from tests.engine.two_processes import loaders, make


@pytest.mark.slow
def test_two_processes(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.engine.two_processes", str(tmp_path), str(root)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for kind, data in loaders(root, 1).items():
        first, second = (torch.load(tmp_path / f"{kind}-{rank}.pt") for rank in (0, 1))
        same_weights(first, second, close=0)
        reports = [json.loads((tmp_path / f"{kind}-{rank}.json").read_text()) for rank in (0, 1)]
        line = "trained by Lightning's own loop: DDPStrategy trains on several devices"
        assert [report["said"] for report in reports] == [[line], []]

        trainer = pl.Trainer(
            max_epochs=2,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        alone = make()
        pl.seed_everything(0, verbose=False)
        trainer.fit(alone, **data)
        same_weights(alone.state_dict(), first, close=1e-5)
        same_values(trainer.callback_metrics, reports[0]["metrics"])
