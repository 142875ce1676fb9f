import copy
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.data import ImageData
from dnn_techniques.engine import attach
from dnn_techniques.engine.epoch_loop import CHUNK, FastEpochLoop
from dnn_techniques.engine.graph import WARM_UP, GraphStep, why_not_recordable
from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import BNBeforeActivation, Classifier, OneCycleSchedule
from dnn_techniques.optim import Clipping, MaxNorm, Penalty
from tests.engine.recorder import recorder

Archive = Callable[..., Path]


def everything() -> Classifier:
    """A net with all that a step may have beside the net."""
    return Classifier(
        MLP(784, (12, 12), 10, "prelu", norm="before"),
        optimizer="adam",
        penalties=[Penalty(l2=0.01)],
        constraints=[MaxNorm(1.0)],
        clipping=Clipping(global_norm=0.1),
    )


def selu() -> Classifier:
    return Classifier(MLP(784, (12, 12), 10, "selu"), optimizer="momentum", lr=0.1)


def make_trainer(recorded: pl.LightningModule | None, **options: Any) -> pl.Trainer:
    """A trainer, whose steps are recorded and repeated if it is given their module."""
    trainer = pl.Trainer(
        **{"max_epochs": 2, "accelerator": "cpu", "logger": False, **options},
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    if recorded is not None:
        step = partial(GraphStep, record=recorder(recorded))
        trainer.fit_loop.epoch_loop = FastEpochLoop(trainer, step, "cpu", pytest.fail)
    return trainer


def replayed(trainer: pl.Trainer) -> bool:
    loop = trainer.fit_loop.epoch_loop
    assert isinstance(loop, FastEpochLoop)
    assert isinstance(loop.step, GraphStep)
    return loop.step.replay is not None


@pytest.mark.parametrize("make", [everything, selu, BNBeforeActivation, OneCycleSchedule])
def test_a_recorded_training_is_the_plain_one(
    archive: Archive, make: Callable[[], Classifier]
) -> None:
    plain = make()
    recorded = copy.deepcopy(plain)
    found = []
    for module, own in ((plain, None), (recorded, recorded)):
        trainer = make_trainer(own, callbacks=[PrintedMeans()])
        pl.seed_everything(0, verbose=False)
        trainer.fit(module, ImageData(root=archive().parent, validation=50))
        found.append({name: value.item() for name, value in trainer.callback_metrics.items()})
    assert replayed(trainer)
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    for (name, a), b in zip(
        plain.state_dict().items(), recorded.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5, msg=name)


class Watch(pl.Callback):
    """Keeps what each step returned and left in the gradients, as it was then."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.grads: list[Tensor] = []

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, *_: object) -> None:
        self.outputs.append(outputs)
        self.grads.append(module.net[-1].weight.grad.clone())


def train_on(net: nn.Module, x: Tensor, y: Tensor, recorded: bool, size: int = 4) -> Watch:
    module, watch = Classifier(net, optimizer="momentum", lr=0.0), Watch()
    trainer = make_trainer(module if recorded else None, max_epochs=1, callbacks=[watch])
    trainer.fit(module, DataLoader(TensorDataset(x, y), size))
    return watch


def test_what_is_returned_is_not_overwritten_and_other_sizes_are_computed_as_they_are() -> None:
    net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    x, y = torch.randn(26, 3), torch.randint(2, (26,))  # the last batch has two
    plain, recorded = (train_on(copy.deepcopy(net), x, y, way) for way in (False, True))
    assert len(recorded.outputs) == 7
    for a, b in zip(plain.outputs, recorded.outputs, strict=True):
        torch.testing.assert_close(a, b)
    for c, d in zip(plain.grads, recorded.grads, strict=True):
        torch.testing.assert_close(c, d)


def test_dropout_draws_anew_in_each_step() -> None:
    net = nn.Sequential(nn.Linear(3, 50), Dropout(0.5), nn.Linear(50, 2))
    x, y = torch.randn(1, 3).repeat(32, 1), torch.zeros(32, dtype=torch.int64)
    watch = train_on(net, x, y, recorded=True)
    assert len({outputs["loss"].item() for outputs in watch.outputs}) == 8


def test_what_cannot_be_recorded_is_computed_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waits(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * (1 if input.sum().item() > 0 else 2)

    monkeypatch.setattr(GraphStep, "why_not", staticmethod(lambda module: None))
    net = nn.Sequential(Waits(3, 2))
    x = torch.ones(24, 3) * torch.tensor([1.0, -1.0]).repeat_interleave(4).repeat(3)[:, None]
    y = torch.zeros(24, dtype=torch.int64)
    plain = train_on(copy.deepcopy(net), x, y, recorded=False)
    with pytest.warns(
        UserWarning, match=r"^training without a CUDA graph: operation not perm[^\n]*$"
    ):
        recorded = train_on(net, x, y, recorded=True)
    for a, b in zip(plain.outputs, recorded.outputs, strict=True):
        torch.testing.assert_close(a, b)


def test_a_layer_of_somebody_else_is_not_recorded() -> None:
    class Own(nn.ReLU):
        pass

    assert why_not_recordable(BNBeforeActivation()) is None
    assert why_not_recordable(nn.Sequential(nn.Linear(2, 2), Own())) == (
        "test_a_layer_of_somebody_else_is_not_recorded.<locals>.Own may do something else in each"
        " step"
    )


def test_on_a_cpu_it_trains_plainly_and_says_why(archive: Archive) -> None:
    said: list[str] = []
    trainer = make_trainer(None)
    trainer.fit_loop.epoch_loop = FastEpochLoop(trainer, GraphStep, "cuda", said.append)
    trainer.fit(BNBeforeActivation(), ImageData(root=archive().parent, validation=50))
    assert said == ["trained by Lightning's own loop: it is for cuda, and this is cpu"]
    assert trainer.global_step == 16


@pytest.mark.gpu
@pytest.mark.parametrize("make", [BNBeforeActivation, OneCycleSchedule])
def test_an_epoch_on_a_gpu_waits_for_nothing(
    archive: Archive, make: Callable[[], Classifier], request: pytest.FixtureRequest
) -> None:
    class NoWaiting(pl.Callback):
        def on_train_batch_start(
            self, trainer: pl.Trainer, module: pl.LightningModule, batch: object, index: int
        ) -> None:
            # In the beginning the engine compares its rules; every `CHUNK` steps, and in the end,
            # the logged means are made.
            logs = trainer.is_last_batch or index % CHUNK == CHUNK - 1
            if index > WARM_UP and not logs:
                torch.cuda.set_sync_debug_mode("error")

        def on_train_batch_end(self, *_: object) -> None:
            torch.cuda.set_sync_debug_mode("default")

    request.addfinalizer(partial(torch.cuda.set_sync_debug_mode, "default"))
    plain = make()
    recorded = copy.deepcopy(plain)
    for module, accelerator in ((plain, "cpu"), (recorded, "cuda")):
        callbacks = [NoWaiting()] if accelerator == "cuda" else []
        trainer = make_trainer(None, accelerator=accelerator, devices=1, callbacks=callbacks)
        if accelerator == "cuda":
            attach(trainer, pytest.fail)
        pl.seed_everything(0, verbose=False)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "training without a CUDA graph")
            trainer.fit(module, ImageData(root=archive().parent, validation=50, batch_size=5))
    assert replayed(trainer)
    for a, b in zip(plain.parameters(), recorded.parameters(), strict=True):
        torch.testing.assert_close(a, b.cpu(), atol=1e-4, rtol=1e-3)
