import copy
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import BNBeforeActivation, Classifier, OneCycleSchedule
from dnn_techniques.modules.captured import CapturedGradients, why_not_recordable
from dnn_techniques.optim import Clipping, KerasAdam, KerasSGD, MaxNorm, Penalty
from tests.modules.recorder import recorder

Archive = Callable[..., Path]


class Everything(Classifier):
    """A net with all that a step may have beside the net."""

    def __init__(self) -> None:
        super().__init__(
            MLP(784, (12, 12), 10, "prelu", norm="before"),
            penalties=[Penalty(l2=0.01)],
            constraints=[MaxNorm(1.0)],
            clipping=Clipping(global_norm=0.1),
        )

    def make_optimizer(self) -> torch.optim.Optimizer:
        return KerasAdam(self.parameters(), 0.01)


class SELU(Classifier):
    def __init__(self) -> None:
        super().__init__(MLP(784, (12, 12), 10, "selu"))

    def make_optimizer(self) -> torch.optim.Optimizer:
        return KerasSGD(self.parameters(), 0.1, momentum=0.9)


def fit(module: Classifier, archive: Archive) -> dict[str, float]:
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    pl.seed_everything(0, verbose=False)
    trainer.fit(module, ImageData(root=archive().parent, validation=50))
    return {name: value.item() for name, value in trainer.callback_metrics.items()}


@pytest.mark.parametrize("make", [Everything, SELU, BNBeforeActivation, OneCycleSchedule])
def test_a_recorded_training_is_the_plain_one(
    archive: Archive, make: Callable[[], Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make()
    recorded = copy.deepcopy(plain)
    figures = fit(plain, archive)
    monkeypatch.setattr(recorded, "_recorder", lambda: recorder(recorded))
    assert fit(recorded, archive) == pytest.approx(figures, rel=1e-5)
    assert recorded.captured is not None
    assert recorded.captured.replay is not None
    for (name, a), b in zip(
        plain.state_dict().items(), recorded.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5, msg=name)


def net_gradients(net: nn.Module) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    def gradients(x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        for parameter in net.parameters():
            parameter.grad = None
        logits = net(x)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        return loss.detach(), logits.detach()

    return gradients


def test_what_is_returned_is_not_overwritten() -> None:
    net = nn.Linear(3, 2)
    captured = CapturedGradients(net_gradients(net), net.parameters(), recorder(net))
    batches = [(torch.randn(4, 3), torch.randint(2, (4,))) for _ in range(6)]
    kept = [captured(x, labels) for x, labels in batches]
    for (x, labels), (loss, logits) in zip(batches, kept, strict=True):
        expected, its_logits = net_gradients(net)(x, labels)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(logits, its_logits)


def test_a_minibatch_of_another_size_is_computed_as_it_is() -> None:
    net = nn.Linear(3, 2)
    captured = CapturedGradients(net_gradients(net), net.parameters(), recorder(net))
    for n in (4, 4, 4, 4, 2, 4):
        x, labels = torch.randn(n, 3), torch.randint(2, (n,))
        _, logits = captured(x, labels)
        grad = net.weight.grad
        assert logits.shape == (n, 2)
        assert grad is not None
        kept = grad.clone()
        net_gradients(net)(x, labels)
        torch.testing.assert_close(kept, net.weight.grad)


def test_dropout_draws_anew_in_each_step() -> None:
    net = nn.Sequential(nn.Linear(3, 50), Dropout(0.5), nn.Linear(50, 2))
    captured = CapturedGradients(net_gradients(net), net.parameters(), recorder(net))
    x, labels = torch.randn(4, 3), torch.randint(2, (4,))
    losses = [captured(x, labels)[0].item() for _ in range(8)]
    assert len(set(losses)) == 8


def test_what_cannot_be_recorded_is_computed_as_it_is() -> None:
    class Waits(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * (1 if input.sum().item() > 0 else 2)

    net = Waits(3, 2)
    captured = CapturedGradients(net_gradients(net), net.parameters(), recorder(net))
    images, labels = torch.ones(4, 3), torch.zeros(4, dtype=torch.int64)
    for _ in range(3):
        captured(images, labels)
    with pytest.warns(
        UserWarning, match=r"^training without a CUDA graph: operation not perm[^\n]*$"
    ):
        captured(images, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sign in (1.0, -1.0):
            x, labels = torch.full((4, 3), sign), torch.zeros(4, dtype=torch.int64)
            torch.testing.assert_close(captured(x, labels)[1], net(x))


def test_a_layer_of_somebody_else_is_not_recorded() -> None:
    class Own(nn.ReLU):
        pass

    assert why_not_recordable(BNBeforeActivation()) is None
    module = SELU()
    assert why_not_recordable(module) == "SELU may do something else in each step"
    assert why_not_recordable(nn.Sequential(nn.Linear(2, 2), Own())) == (
        "test_a_layer_of_somebody_else_is_not_recorded.<locals>.Own may do something else in each"
        " step"
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("make", [BNBeforeActivation, OneCycleSchedule])
def test_an_epoch_on_a_gpu_waits_for_nothing(
    archive: Archive, make: Callable[[], Classifier]
) -> None:
    class NoWaiting(pl.Callback):
        def on_train_batch_start(self, trainer: pl.Trainer, *_: object) -> None:
            if not trainer.is_last_batch:  # its figures are read
                torch.cuda.set_sync_debug_mode("error")

        def on_train_batch_end(self, *_: object) -> None:
            torch.cuda.set_sync_debug_mode("default")

    plain = make()
    recorded = copy.deepcopy(plain)
    for module, accelerator in ((plain, "cpu"), (recorded, "cuda")):
        trainer = pl.Trainer(
            max_epochs=2,
            accelerator=accelerator,
            devices=1,
            logger=False,
            enable_checkpointing=False,
            callbacks=[NoWaiting()] if accelerator == "cuda" else [],
        )
        pl.seed_everything(0, verbose=False)
        trainer.fit(module, ImageData(root=archive().parent, validation=50, batch_size=2))
    assert recorded.captured is not None
    assert recorded.captured.replay is not None
    for a, b in zip(plain.parameters(), recorded.parameters(), strict=True):
        torch.testing.assert_close(a, b.cpu(), atol=1e-4, rtol=1e-3)
