from collections.abc import Sequence
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.demos.boring_classes import BoringModel
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.callbacks.stop_at_checks import StopAtChecks, training_figures
from dnn_techniques.data import ShuffledBatches
from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier, Experiment, MNISTReuseNet
from dnn_techniques.reuse import Freezing, Phase


class Scripted(Classifier):
    """Has the given training losses, one an epoch in inference mode, and counts epochs."""

    def __init__(self, losses: Sequence[float]) -> None:
        super().__init__(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), lr=0.0)
        self.losses = losses
        self.epochs = nn.Parameter(torch.zeros(()))

    def on_train_epoch_start(self) -> None:
        self.epochs.data += 1

    def data_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        value = self.losses[self.current_epoch] if not self.training else 0.0
        return logits.sum() * 0 + value


def train(module: pl.LightningModule, callbacks: list[pl.Callback], epochs: int = 1) -> pl.Trainer:
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    torch.manual_seed(0)
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    trainer.fit(module, ShuffledBatches(x, y, 3, torch.randperm))
    return trainer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("losses", "epochs", "best"),
    [
        # Checked after epochs 1, 3, 5, ...; what is between does not count.
        ([3, 0, 2, 0, 2, 0, 2, 0, 1], 7, 3),  # an equal loss is no improvement
        ([3, 9, 4, 9, 2, 9, 3, 9, 3, 9, 1], 9, 5),  # an improvement starts the count again
        ([3, 9, 2, 9, 1], 5, 5),  # the end comes first: the last weights stay
        ([float("nan")] * 9, 5, 5),  # never a best one, stopped after three checks, see below
    ],
)
def test_stops_after_checks_without_improvement(
    losses: list[float], epochs: int, best: int
) -> None:
    module = Scripted(losses)
    patience = 2 if losses[0] == 3 else 3
    stopping = StopAtChecks(patience, every=2)
    trainer = train(module, [stopping], len(losses))
    assert trainer.current_epoch == epochs
    assert module.epochs.item() == best


@pytest.mark.filterwarnings("ignore")
def test_the_last_weights_stay_if_asked_for() -> None:
    module = Scripted([3, 0, 2, 0, 2, 0, 2, 0, 1])
    train(module, [StopAtChecks(2, every=2, restore_best=False)], 9)
    assert module.epochs.item() == 7


@pytest.mark.filterwarnings("ignore")
def test_the_loss_is_that_of_the_weights_after_the_epoch() -> None:
    module = MNISTReuseNet(in_features=4, hidden=(3,), classes=2, lr=0.5)
    trainer = train(module, [StopAtChecks(5)], 2)
    loader = trainer.train_dataloader
    assert isinstance(loader, ShuffledBatches)
    loss = module.loss(module(loader.x), loader.y)
    assert trainer.callback_metrics["train_loss"].item() == pytest.approx(loss.item())
    assert trainer.callback_metrics["loss"].item() > loss.item() + 1e-4


class Regressor(Experiment):
    """Reports a metric of its own."""

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.mse_loss(outputs.sum(dim=1), targets.float())

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        return {"error": (outputs.sum(dim=1) - targets).abs().mean()}


@pytest.mark.filterwarnings("ignore")
def test_every_metric_is_logged() -> None:
    module = Regressor(nn.Linear(4, 2))
    metrics = train(module, [StopAtChecks(5)], 2).callback_metrics
    assert {name for name in metrics if name.startswith("train_")} == {"train_loss", "train_error"}
    assert metrics["error"] > 0


def test_batches_weigh_as_much_as_they_have_samples() -> None:
    module = Regressor(nn.Linear(4, 2))
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    whole = training_figures(module, [(x, y)])
    parts = training_figures(module, list(zip(x.split(3), y.split(3), strict=True)))
    assert whole.keys() == parts.keys() == {"loss", "error"}
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value)


@pytest.mark.filterwarnings("ignore")
def test_the_last_minibatch_can_be_watched() -> None:
    module = MNISTReuseNet(in_features=4, hidden=(3,), classes=2)
    stopping = StopAtChecks(5, watched="last_batch")
    trainer = train(module, [stopping], 1)
    assert stopping.last_batch is not None
    x, labels = stopping.last_batch
    assert len(labels) == 1  # 10 = 3 + 3 + 3 + 1
    loss = module.loss(module(x), labels).item()
    assert trainer.callback_metrics["train_loss"].item() == pytest.approx(loss)
    loader = trainer.train_dataloader
    assert isinstance(loader, ShuffledBatches)
    assert module.loss(module(loader.x), loader.y).item() != pytest.approx(loss)


@pytest.mark.filterwarnings("ignore")
def test_cached_outputs_are_measured_as_the_images_would_be() -> None:
    losses = []
    for cached in (False, True):
        torch.manual_seed(1)
        module = MNISTReuseNet(in_features=4, hidden=(3, 3), classes=2)
        freezing = Freezing([Phase(frozen=["hidden1"], cached=cached)])
        trainer = train(module, [freezing, StopAtChecks(5)], 2)
        losses.append(trainer.callback_metrics["train_loss"].item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_measuring_is_in_inference_mode_and_leaves_the_modes() -> None:
    module = MNISTReuseNet(in_features=4, hidden=(3,), classes=2)
    net: Any = MLP(4, (30,), 2, dropout=lambda: nn.Dropout(0.9))
    module.net = net
    net.dropout0.eval()
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    assert training_figures(module, [(x, y)]) == training_figures(module, [(x, y)])
    assert module.training
    assert net.dropout1.training
    assert not net.dropout0.training


@pytest.mark.filterwarnings("ignore")
def test_a_resumed_training_goes_on_with_the_count() -> None:
    stopping = StopAtChecks(2, every=2)
    train(Scripted([3, 0, 4]), [stopping], 3)
    resumed = StopAtChecks(2, every=2)
    resumed.load_state_dict(stopping.state_dict())
    assert (resumed.best_loss, resumed.rounds) == (3, 1)
    assert resumed.best_weights["epochs"] == 1


@pytest.mark.filterwarnings("ignore")
def test_a_training_that_had_stopped_stays_stopped() -> None:
    stopping = StopAtChecks(1, every=1)
    stopped = Scripted([3, 4])
    assert train(stopped, [stopping], 9).current_epoch == 2
    resumed = StopAtChecks(1, every=1)
    resumed.load_state_dict(stopping.state_dict())
    assert train(stopped, [resumed], 9).current_epoch == 0
    assert stopped.epochs.item() == 1


@pytest.mark.parametrize(
    "options", [{"patience": 0}, {"patience": 1, "every": 0}, {"patience": 1, "watched": "test"}]
)
def test_bad_values_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        StopAtChecks(**options)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
def test_other_batches_are_refused() -> None:
    module = MNISTReuseNet(in_features=4, hidden=(3,), classes=2)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        callbacks=[StopAtChecks(1)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    with pytest.raises(InputError, match="training set of ImageData can be measured"):
        trainer.fit(module, DataLoader(TensorDataset(torch.zeros(2, 4), torch.tensor([0, 1]))))


@pytest.mark.filterwarnings("ignore")
def test_a_module_that_is_no_experiment_is_refused() -> None:
    with pytest.raises(InputError, match="StopAtChecks measures an Experiment, got BoringModel"):
        train(BoringModel(), [StopAtChecks(1)])
