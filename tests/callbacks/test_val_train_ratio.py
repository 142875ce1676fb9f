from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from dnn_techniques.callbacks import ValTrainRatio
from dnn_techniques.cli import main
from dnn_techniques.data import ImageData
from dnn_techniques.modules import ImageMLP
from dnn_techniques.runs.run_folder import read_metrics
from tests.modules.trainer import trainer

Archive = Callable[..., Path]


class Kept(pl.Callback):
    """Keeps the metrics of each epoch."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.epochs.append({name: float(v) for name, v in trainer.callback_metrics.items()})


def epochs(root: Path, **options: Any) -> list[dict[str, float]]:
    kept = Kept()
    fit = trainer(max_epochs=2, callbacks=[ValTrainRatio(), kept], **options)
    fit.fit(ImageMLP(hidden=(10,)), ImageData(root=root, validation=50))
    return kept.epochs


def test_the_ratio_of_each_epoch(archive: Archive) -> None:
    for epoch in epochs(archive().parent, num_sanity_val_steps=1):
        assert epoch["val_train_ratio"] == pytest.approx(epoch["val_loss"] / epoch["loss"])


def test_no_ratio_without_a_validation(archive: Archive) -> None:
    root = archive().parent
    assert all("val_train_ratio" not in e for e in epochs(root, limit_val_batches=0))
    first, second = epochs(root, check_val_every_n_epoch=2)
    assert "val_train_ratio" not in first
    assert "val_train_ratio" in second


def test_it_stands_in_the_lines_and_in_the_table(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    ratio = ["--trainer.callbacks+", "dnn_techniques.callbacks.ValTrainRatio"]
    words = ["fit", "-c", "chapter10/fashion_mlp", "--experiment", "own", "--out", str(tmp_path)]
    assert main([*words, *small, *ratio, "--trainer.max_epochs", "2"]) == 0
    assert capsys.readouterr().out.count("val_train_ratio") == 2
    for row in read_metrics(tmp_path / "own" / "seed-42"):
        ratio_of_row = float(row["val_loss"]) / float(row["loss"])
        assert float(row["val_train_ratio"]) == pytest.approx(ratio_of_row, rel=1e-5)
