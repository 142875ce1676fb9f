"""What an experiment does in a training, with Lightning's own Trainer."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier
from dnn_techniques.optim import (
    Clipping,
    KerasNadam,
    KerasSGD,
    MaxNorm,
    Penalty,
    exponential,
    power,
    reduce_on_plateau,
)
from tests.modules.trainer import Rates, trainer

Archive = Callable[..., Path]
STEPS = 8  # an epoch of 250 images in minibatches of 32


def fitted(
    module: pl.LightningModule, archive: Archive, epochs: int = 1, **options: Any
) -> pl.Trainer:
    pl.seed_everything(0, verbose=False)
    fit = trainer(max_epochs=epochs, **options)
    fit.fit(module, ImageData(root=archive().parent, validation=50))
    return fit


def small(lr: float = 0.1, **options: Any) -> Classifier:
    pl.seed_everything(0, verbose=False)
    return Classifier(MLP(784, (12,), 10, "selu"), lr=lr, **options)


class OwnForward(Classifier):
    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = super().forward(2 * x)
        return outputs


class OwnDataLoss(Classifier):
    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, label_smoothing=0.3)


class OwnLoss(Classifier):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return 3 * super().loss(outputs, targets)


class TorchSGD(Classifier):
    def make_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), self.lr, momentum=0.5)


class SomeParameters(Classifier):
    def make_optimizer(self) -> torch.optim.Optimizer:
        return KerasSGD(self.net.get_submodule("output").parameters(), self.lr)


class Hooked(Classifier):
    def make_optimizer(self) -> torch.optim.Optimizer:
        def forget(*args: Any) -> None:
            self.net.get_parameter("output.bias").data.zero_()

        optimizer = super().make_optimizer()
        optimizer.register_step_post_hook(forget)
        return optimizer


@pytest.mark.parametrize(
    "kind",
    [Classifier, OwnForward, OwnDataLoss, OwnLoss, TorchSGD, SomeParameters, Hooked],
)
def test_training_is_that_of_a_plain_loop(archive: Archive, kind: type[Classifier]) -> None:
    pl.seed_everything(0, verbose=False)
    module = kind(MLP(784, (12,), 10, "selu"), lr=0.1)
    expected = copy.deepcopy(module)
    data = ImageData(root=archive().parent, validation=50)
    order = torch.randperm(250)
    data.order = lambda n: order
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    assert fit.global_step == STEPS
    optimizer = expected.make_optimizer()
    x, y = data.train
    for chosen in order.split(32):
        expected.zero_grad()
        expected.loss(expected(x[chosen]), y[chosen]).backward()
        optimizer.step()
    for (name, a), b in zip(module.named_parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5, msg=name)


def test_frozen_layers_stay_and_may_thaw(archive: Archive) -> None:
    class Thaw(pl.Callback):
        def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            hidden = module.get_submodule("net.hidden1")
            weights.append(hidden.get_parameter("weight").detach().clone())
            hidden.requires_grad_(trainer.current_epoch == 1)

    weights: list[Tensor] = []
    module = small()
    fitted(module, archive, epochs=2, callbacks=[Thaw()])
    assert weights[0].equal(weights[1])
    assert not weights[1].equal(module.net.get_parameter("hidden1.weight"))


def test_bfloat16_where_it_is_asked_for(archive: Archive) -> None:
    figures = []
    for precision in ("32-true", "bf16-mixed"):
        module = small()
        fit = fitted(module, archive, epochs=3, precision=precision)
        assert all(p.dtype == torch.float32 for p in module.parameters())
        figures.append(fit.callback_metrics["loss"].item())
    assert figures[0] != figures[1]
    assert figures[0] == pytest.approx(figures[1], rel=0.05)


def test_a_validation_in_the_middle_of_an_epoch_changes_no_training_figure(
    archive: Archive,
) -> None:
    runs = []
    for options in ({}, {"val_check_interval": 2}):
        pl.seed_everything(0, verbose=False)
        fit = fitted(BNBeforeActivation(), archive, **options)
        runs.append({k: v.item() for k, v in fit.callback_metrics.items()})
    assert runs[0] == runs[1]


def test_penalties_are_part_of_both_reported_losses(archive: Archive) -> None:
    rules = [Penalty(l2=0.01, pattern="hidden*"), Penalty(l1=0.02, pattern="output")]
    module, plain = small(lr=0.0, penalties=rules), small(lr=0.0)
    metrics = fitted(module, archive).callback_metrics
    without = fitted(plain, archive).callback_metrics
    first, last = (m.weight for m in module.net.children() if isinstance(m, nn.Linear))
    expected = 0.01 * first.square().sum() + 0.02 * last.abs().sum()
    assert expected > 0.1
    for name in ("loss", "val_loss"):
        assert (metrics[name] - without[name]).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("accumulated", [1, 2])
def test_constraints_hold_after_every_step(archive: Archive, accumulated: int) -> None:
    class Norms(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
            if trainer.global_step:  # before the first one the initializer's weights are larger
                norms.append(first.weight.norm(dim=1).max().item())

    norms: list[float] = []
    module = small(constraints=[MaxNorm(0.5, pattern="hidden*")])
    first, last = (m for m in module.net.children() if isinstance(m, nn.Linear))
    assert first.weight.norm(dim=1).max() > 0.6
    fitted(module, archive, accumulate_grad_batches=accumulated, callbacks=[Norms()])
    assert len(norms) == STEPS + 1 - accumulated
    assert max(norms) <= 0.5 * (1 + 1e-6)
    assert last.weight.norm(dim=1).max() > 0.5


def largest_step(archive: Archive, clipping: Clipping | None, **options: Any) -> float:
    """The largest change of a weight over an epoch."""
    module = small(clipping=clipping)
    before = [p.detach().clone() for p in module.parameters()]
    fitted(module, archive, **options)
    pairs = zip(before, module.parameters(), strict=True)
    return max(float((a - b.detach()).abs().max()) for a, b in pairs)


def test_clipping_bounds_every_step(archive: Archive) -> None:
    lr, value = 0.1, 1e-3
    bound = STEPS * lr * value * (1 + 1e-3)
    assert largest_step(archive, Clipping(value=value)) <= bound
    assert largest_step(archive, None) > bound


def test_the_trainers_own_clipping_comes_first(archive: Archive) -> None:
    lr, value = 0.1, 1e-3
    bound = STEPS * lr * value * (1 + 1e-3)
    clipped = {"gradient_clip_val": value, "gradient_clip_algorithm": "value"}
    assert largest_step(archive, None, **clipped) <= bound
    assert largest_step(archive, Clipping(value=value / 2), **clipped) <= bound / 2


def test_a_pattern_that_matches_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'hidden'"):
        small(penalties=[Penalty(l2=0.1, pattern="hidden")])


def test_optimizer_rate_and_schedule_without_a_subclass(archive: Archive) -> None:
    rates = Rates()
    module = small(lr=0.01, optimizer="nadam", schedule=partial(exponential, s=1), interval="epoch")
    fit = fitted(module, archive, epochs=2, callbacks=[rates])
    assert isinstance(fit.optimizers[0], KerasNadam)
    assert rates.rates == pytest.approx([0.01] * STEPS + [0.001] * STEPS)


def test_any_optimizer(archive: Archive) -> None:
    module = small(lr=0.01, optimizer=partial(torch.optim.Adam, betas=(0.8, 0.9)))
    (optimizer,) = fitted(module, archive).optimizers
    assert isinstance(optimizer, torch.optim.Adam)
    assert (optimizer.defaults["lr"], optimizer.defaults["betas"]) == (0.01, (0.8, 0.9))
    with pytest.raises(ValueError, match="unknown optimizer 'adan': did you mean adam"):
        small(optimizer="adan").make_optimizer()


def test_a_schedule_counts_steps(archive: Archive) -> None:
    rates = Rates()
    fitted(small(schedule=partial(power, s=STEPS)), archive, epochs=2, callbacks=[rates])
    assert rates.rates == pytest.approx([0.1 / (1 + t / STEPS) for t in range(2 * STEPS)])


@pytest.mark.parametrize("accumulated", [1, 2])
def test_total_steps_count_what_the_optimizer_does(archive: Archive, accumulated: int) -> None:
    class Counting(Classifier):
        def make_schedule(self, optimizer: torch.optim.Optimizer) -> None:
            totals.append(self.total_steps())

    totals: list[int] = []
    module = Counting(MLP(784, (), 10))
    fit = fitted(module, archive, epochs=3, accumulate_grad_batches=accumulated)
    assert totals == [24 // accumulated] == [fit.global_step]


def test_performance_scheduling_follows_the_validation_loss(archive: Archive) -> None:
    rates = Rates()
    lr = 1e-12  # too small to move a weight: no epoch is better
    module = small(lr=lr, schedule=partial(reduce_on_plateau, factor=0.5, patience=1))
    fit = fitted(module, archive, epochs=4, callbacks=[rates])
    assert rates.rates[::STEPS] == pytest.approx([lr, lr, lr / 2, lr / 4], abs=0)
    best = fit.lr_scheduler_configs[0].scheduler.state_dict()["best"]
    assert best == pytest.approx(fit.callback_metrics["val_loss"].item())
