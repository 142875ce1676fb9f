from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.modules import Autoencoder, Classifier

X = torch.randn(70, 6, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 4, (70,), generator=torch.Generator().manual_seed(1))


def trained(module: pl.LightningModule, **options: Any) -> pl.Trainer:
    """Two epochs of three batches of 32, 32 and 6 samples."""
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[PrintedMeans()],
        **options,
    )
    trainer.fit(module, DataLoader(TensorDataset(X, LABELS), batch_size=32))
    return trainer


def still(net: nn.Module) -> Classifier:
    """Never moves, so that the figures of an epoch are those of its weights."""
    return Classifier(net, lr=0.0)


def printed(figure: Tensor) -> Any:
    """What is printed for a figure of each sample, in the order of the batches."""
    running = [figure[:n].mean().item() for n in (32, 64, 70)]
    return pytest.approx((sum(running) + running[-1]) / 4, rel=1e-6)


@pytest.mark.parametrize("options", [{}, {"accumulate_grad_batches": 2}])
def test_running_means_are_averaged_once_more(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    net = nn.Linear(6, 4)
    metrics = trained(still(net), **options).callback_metrics
    losses = F.cross_entropy(net(X), LABELS, reduction="none")
    assert metrics["printed_loss"].item() == printed(losses)
    assert metrics["printed_accuracy"].item() == printed((net(X).argmax(1) == LABELS).float())
    assert metrics["loss"].item() == pytest.approx(losses.mean().item(), rel=1e-6)
    assert abs(metrics["printed_loss"] - metrics["loss"]) > 1e-3


def test_without_an_accuracy_there_is_only_a_loss() -> None:
    metrics = trained(Autoencoder(6, (3,), lr=0.0)).callback_metrics
    assert {name for name in metrics if "printed" in name} == {"printed_loss"}


def test_the_module_of_somebody_else_is_left_alone() -> None:
    class Own(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(6, 4)

        def training_step(self, batch: Any, batch_idx: int) -> Tensor:
            return F.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), 0.1)

    assert not trained(Own()).callback_metrics
