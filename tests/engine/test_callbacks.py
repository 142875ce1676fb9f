"""Callbacks see every step, and may do anything."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
from pytorch_lightning.callbacks import LambdaCallback, Timer
from torch import nn

from tests.engine.modules import Make, Plain, small, small_bn
from tests.engine.training import STEPS, Loaders, both


class Watch(pl.Callback):
    """Sees every step: numbers, rate, weights, gradients, outputs."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_train_batch_start(  # type: ignore[override]
        self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> int:
        self.note(trainer, module, batch, batch_idx)
        return -1  # only the module's own hook ends an epoch

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, i: int
    ) -> None:
        self.note(trainer, module, batch, i)
        gradient = next(module.parameters()).grad
        assert gradient is not None
        self.seen += [gradient.abs().sum().item(), outputs["loss"].item()]
        module.log("logged", outputs["loss"], on_step=True, on_epoch=True)
        self.seen.append(float(trainer.callback_metrics["logged_step"]))

    def note(self, trainer: pl.Trainer, module: Any, batch: Any, batch_idx: int) -> None:
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        weight = next(module.parameters()).detach().sum().item()
        self.seen += [trainer.global_step, batch_idx, rate, weight, batch[0].sum().item()]
        self.seen += [trainer.is_last_batch, trainer.fit_loop.total_batch_idx]


@pytest.mark.parametrize("make", [small, small_bn, Plain])
def test_a_callback_sees_every_step(make: Make, loaders: Loaders) -> None:
    plain, fast = both(make, loaders, max_epochs=2, callbacks=Watch)
    watches = [t.trainer.callbacks[0] for t in (plain, fast)]  # type: ignore[attr-defined]
    assert len(watches[1].seen) == 2 * STEPS * (7 + 10)
    assert watches[1].seen == pytest.approx(watches[0].seen, rel=1e-5)
    assert fast.said == []


def freeze(trainer: pl.Trainer, module: Any, *args: Any) -> None:
    module.net[1].requires_grad_(trainer.global_step not in (3, 4))


def jump(trainer: pl.Trainer, module: Any, *args: Any) -> None:
    if trainer.global_step == 5:
        for parameter in module.parameters():
            parameter.data = parameter.data * 0.9


def grow(trainer: pl.Trainer, module: Any, *args: Any) -> None:
    if trainer.global_step == 2:
        module.net.append(nn.Tanh())


def differentiate(trainer: pl.Trainer, module: Any, outputs: Any, batch: Any, *args: Any) -> None:
    module.net(batch[0]).sum().backward()
    copy.deepcopy(module.net)


def stop(trainer: pl.Trainer, *args: Any) -> None:
    trainer.should_stop = trainer.global_step == 5


MEDDLERS: dict[str, Callable[[], pl.Callback]] = {
    "freezes": lambda: LambdaCallback(on_train_batch_start=freeze),
    "replaces weights": lambda: LambdaCallback(on_train_batch_end=jump),
    "adds a layer": lambda: LambdaCallback(on_train_batch_end=grow),
    "differentiates": lambda: LambdaCallback(on_train_batch_end=differentiate),
    "stops": lambda: LambdaCallback(on_train_batch_end=stop),
    "stops early": lambda: Timer("00:00:00:00"),
}


@pytest.mark.parametrize("callback", MEDDLERS.values(), ids=MEDDLERS)
@pytest.mark.parametrize("make", [small, Plain])
def test_a_callback_may_do_anything(
    make: Make, callback: Callable[[], pl.Callback], images: Loaders
) -> None:
    _, fast = both(make, images, max_epochs=2, callbacks=callback)
    assert fast.said == []


def test_gradients_are_there_at_the_end_of_an_epoch(images: Loaders) -> None:
    class Norms(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            norms.append(sum(p.grad.norm().item() for p in module.parameters()))  # type: ignore[union-attr]

    norms: list[float] = []
    both(small, images, callbacks=Norms, limit_val_batches=0)
    assert norms[0] == pytest.approx(norms[1], rel=1e-5)
