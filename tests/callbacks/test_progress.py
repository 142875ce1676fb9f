import io
import sys
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.callbacks import EpochProgress
from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.modules import Classifier

pytestmark = pytest.mark.filterwarnings("ignore")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Own(pl.LightningModule):
    """Logs a metric of its own, and one that the progress bar does not show."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(4, 2)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss: Tensor = self.net(batch[0]).sum()
        self.log("error", 0.25, prog_bar=True)
        self.log("hidden", 0.5)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(module: pl.LightningModule, progress: EpochProgress, validate: bool = True) -> None:
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[progress],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    batches = ShuffledBatches(x, y, 3, torch.randperm)
    trainer.fit(module, batches, Batches(x, y, 5) if validate else None)


def test_an_epoch_leaves_a_line_with_its_figures() -> None:
    lines: list[str] = []
    train(Classifier(nn.Linear(4, 2)), EpochProgress(lines.append))
    for line, number in zip(lines, "12", strict=True):
        assert line.startswith(f"epoch  {number}/2  loss ")
        names = [part.split(" ")[0] for part in line.split("  ")[2:-1]]
        assert names == ["loss", "accuracy", "val_loss", "val_accuracy"]
        assert line.endswith(" s")


def test_the_figures_are_those_that_a_module_shows() -> None:
    lines: list[str] = []
    train(Own(), EpochProgress(lines.append), validate=False)
    assert lines[0].startswith("epoch  1/2  error 0.2500  ")
    assert "hidden" not in lines[0]


def test_the_bar_moves_to_the_batch_whether_or_not_it_sees_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    places: list[int] = []

    class Watched(EpochProgress):
        def on_train_batch_end(
            self,
            trainer: pl.Trainer,
            pl_module: pl.LightningModule,
            outputs: Any,
            batch: Any,
            batch_idx: int,
        ) -> None:
            if batch_idx in (1, 3):  # the ends of chunks of two steps
                super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
                places.append(int(self.bar.n))

    train(Classifier(nn.Linear(4, 2)), Watched(lambda line: None))
    assert places == [2, 4, 2, 4]
    assert "epoch  1/2" in terminal.getvalue()
