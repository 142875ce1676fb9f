from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from dnn_techniques.callbacks import best_checkpoint, early_stopping

NAN = float("nan")


class Scripted(pl.LightningModule):
    """Logs given losses, one an epoch, and counts epochs in its weight."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.losses = losses
        self.epochs = nn.Parameter(torch.zeros(1))

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        return None

    def on_train_epoch_start(self) -> None:
        self.epochs.data += 1

    def validation_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        self.log("val_loss", torch.tensor(self.losses[self.current_epoch]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


def fit(losses: list[float], callback: pl.Callback) -> int:
    """Train and return the number of epochs."""
    module = Scripted(losses)
    data: DataLoader[torch.Tensor] = DataLoader(torch.zeros(1, 1))  # type: ignore[arg-type]
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=len(losses),
        callbacks=[callback],
        logger=False,
        enable_checkpointing=callback.__class__.__name__ == "ModelCheckpoint",
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, data, data)
    return int(module.epochs.item())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("patience", "losses", "epochs"),
    [
        (2, [3, 2, 1, 1, 1, 0], 5),  # an equal loss is no improvement
        (2, [3, 2, 1, 2, 0.5, 2, 2, 0], 7),  # an improvement starts the count again
        (1, [3, 4, 1], 2),
        (0, [3, 4, 1], 2),
        (2, [3, NAN, 1, 2, 2, 0], 5),  # a loss that is not finite is no improvement
    ],
)
def test_early_stopping_counts_as_keras(patience: int, losses: list[float], epochs: int) -> None:
    assert fit(losses, early_stopping(patience)) == epochs


@pytest.mark.filterwarnings("ignore")
def test_lightnings_default_stops_at_a_loss_that_is_not_finite() -> None:
    assert fit([3, NAN, 1, 2, 2, 0], pl.callbacks.EarlyStopping("val_loss", patience=2)) == 2


@pytest.mark.filterwarnings("ignore")
def test_min_delta_is_what_an_improvement_must_exceed() -> None:
    assert fit([3, 2.9, 2.8, 2.7, 1], early_stopping(2, min_delta=0.5)) == 3


@pytest.mark.filterwarnings("ignore")
def test_the_first_of_equal_losses_is_kept(tmp_path: Path) -> None:
    fit([3, 1, 2, 1, 4], best_checkpoint(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["best.ckpt"]
    checkpoint = torch.load(tmp_path / "best.ckpt", weights_only=True)
    assert checkpoint["state_dict"]["epochs"].item() == 2


def test_bad_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="patience must be a whole number and at least 0, got -1"):
        early_stopping(-1)
    with pytest.raises(ValueError, match="min_delta must be at least 0, got -1"):
        early_stopping(1, min_delta=-1)
    with pytest.raises(ValueError, match="mode must be min or max, got 'low'"):
        early_stopping(1, mode="low")
    with pytest.raises(ValueError, match="mode must be min or max, got 'low'"):
        best_checkpoint(tmp_path, mode="low")
