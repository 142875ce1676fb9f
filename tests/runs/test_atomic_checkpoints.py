import errno
import io
from pathlib import Path
from typing import Any

import pytest
import torch

from dnn_techniques.runs.atomic_checkpoints import AtomicCheckpointIO
from dnn_techniques.runs.options import ExperimentCLI


def test_a_checkpoint_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"w": torch.ones(3)}, path)

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        AtomicCheckpointIO().save_checkpoint({"w": torch.zeros(3)}, path)
    assert torch.load(path, weights_only=True)["w"].tolist() == [1, 1, 1]
    assert [p.name for p in path.parent.iterdir()] == ["last.ckpt"]


def test_a_lack_of_memory_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's writer hides the MemoryError of what it writes into."""

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            if len(data) < 1000:
                return super().write(data)
            raise MemoryError

    monkeypatch.setattr("io.BytesIO", Full)
    with pytest.raises(MemoryError, match="too little to save a checkpoint"):
        AtomicCheckpointIO().save_checkpoint({"w": torch.ones(1000)}, tmp_path / "last.ckpt")
    assert not list(tmp_path.iterdir())


def test_every_run_writes_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a checkpoint goes by the temporary folder."""

    def elsewhere(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("written elsewhere first")

    cli = ExperimentCLI("fit", ["-c", "bn/without", "--trainer.accelerator", "cpu"])
    module, _ = cli.make()
    trainer = cli.make_trainer([], False)
    trainer.strategy.connect(module)
    monkeypatch.setattr("fsspec.core.url_to_fs", elsewhere)
    trainer.save_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
