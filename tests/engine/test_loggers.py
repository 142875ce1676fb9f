"""What is logged and kept is that of Lightning's own loop."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from tests.engine.modules import Plain, small, small_bn
from tests.engine.training import Loaders, same_weights, train


def test_rows_of_a_csv_file(loaders: Loaders, tmp_path: Path) -> None:
    files = []
    for fast in (False, True):
        logger = CSVLogger(tmp_path, str(fast), version="")
        torch.manual_seed(1)
        train(Plain(), loaders, fast, max_epochs=2, logger=logger)
        files.append((tmp_path / str(fast) / "metrics.csv").read_text().splitlines())
    rows = list(csv.DictReader(files[1]))
    steps = [int(row["step"]) for row in rows if row["loss"]]
    assert steps == [2, 5, 8, 11, 14]  # every third step of 16
    assert [int(row["step"]) for row in rows if row["val_loss"]] == [7, 15]
    assert [int(row["step"]) for row in rows if row["mean_epoch"]] == [7, 15]
    assert len(files[0]) == len(files[1])
    for a, b in zip(csv.DictReader(files[0]), rows, strict=True):
        assert a.keys() == b.keys()
        assert [value == "" for value in a.values()] == [value == "" for value in b.values()]
        numbers = [[float(value or 0) for value in row.values()] for row in (a, b)]
        assert numbers[1] == pytest.approx(numbers[0], rel=1e-5)


def test_the_axis_of_tensorboard_counts_optimizer_steps(images: Loaders, tmp_path: Path) -> None:
    logger = TensorBoardLogger(tmp_path, version="")
    rates = LearningRateMonitor("step")
    train(small(), images, fast=True, max_epochs=2, logger=logger, callbacks=[rates])
    events = EventAccumulator(logger.log_dir).Reload()
    assert [event.step for event in events.Scalars("loss")] == [7, 15]
    assert [event.step for event in events.Scalars("val_accuracy")] == [7, 15]
    assert [event.step for event in events.Scalars("lr-KerasSGD")] == [2, 5, 8, 11, 14]


def checkpoints(folder: Path) -> ModelCheckpoint:
    return ModelCheckpoint(folder, "{step}", every_n_train_steps=3, save_top_k=-1)


def test_checkpoints_every_few_steps(loaders: Loaders, tmp_path: Path) -> None:
    for fast in (False, True):
        torch.manual_seed(1)
        callback = checkpoints(tmp_path / str(fast))
        train(small_bn(), loaders, fast, enable_checkpointing=True, callbacks=[callback])
    names = sorted(path.name for path in (tmp_path / "True").iterdir())
    assert names == ["step=3.ckpt", "step=6.ckpt"]
    for name in names:
        plain, ours = (torch.load(tmp_path / way / name) for way in ("False", "True"))
        assert plain.keys() == ours.keys()
        assert plain["loops"] == ours["loops"]
        same_weights(plain["state_dict"], ours["state_dict"])
        assert plain["optimizer_states"] == ours["optimizer_states"]


def test_the_best_checkpoint(loaders: Loaders, tmp_path: Path) -> None:
    best = []
    for fast in (False, True):
        torch.manual_seed(1)
        callback = ModelCheckpoint(tmp_path / str(fast), "{epoch}", monitor="val_loss")
        options: dict[str, Any] = {"enable_checkpointing": True, "callbacks": [callback]}
        train(small(), loaders, fast, max_epochs=3, **options)
        best.append((Path(callback.best_model_path).name, callback.best_model_score.item()))  # type: ignore[union-attr]
    assert best[0][0] == best[1][0]
    assert best[0][1] == pytest.approx(best[1][1], rel=1e-5)
