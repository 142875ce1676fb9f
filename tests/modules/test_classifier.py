import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier
from dnn_techniques.optim import (
    Clipping,
    KerasSGD,
    MaxNorm,
    Penalty,
    exponential,
    power,
    reduce_on_plateau,
)

Archive = Callable[..., Path]


def trainer(**options: Any) -> pl.Trainer:
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


class Frozen(Classifier):
    """Never moves, so that the figures of an epoch are those of its weights."""

    def __init__(self) -> None:
        super().__init__(MLP(784, (), 10))

    def make_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


def test_logged_figures_are_means_over_all_samples(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = Frozen()
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    for (x, y), prefix in ((data.train, ""), (data.valid, "val_")):
        logits = module(x)
        loss, accuracy = F.cross_entropy(logits, y), (logits.argmax(1) == y).float().mean()
        assert fit.callback_metrics[f"{prefix}loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert fit.callback_metrics[f"{prefix}accuracy"] == pytest.approx(accuracy.item(), rel=1e-5)
    assert fit.callback_metrics["printed_loss"] != fit.callback_metrics["loss"]


def test_a_block_of_minibatches_is_what_lightning_would_do_one_by_one(archive: Archive) -> None:
    """The same weights, figures and number of steps as from plain batches."""
    root = archive().parent

    class OneByOne(ImageData):
        def train_dataloader(self) -> Any:
            pairs: Any = [p for block in super().train_dataloader() for p in block.minibatches()]
            return DataLoader(pairs, batch_size=None)

    modules, figures, steps = [], [], []
    for kind in (ImageData, OneByOne):
        pl.seed_everything(0, verbose=False)
        modules.append(BNBeforeActivation())
        fit = trainer(max_epochs=1)
        fit.fit(modules[-1], kind(root=root, validation=50))
        figures.append({k: v.item() for k, v in fit.callback_metrics.items()})
        steps.append(fit.global_step)
    assert steps == [8, 8]
    assert figures[0] == pytest.approx(figures[1], rel=1e-6)
    for a, b in zip(modules[0].parameters(), modules[1].parameters(), strict=True):
        assert torch.equal(a, b)


class Trained(Classifier):
    """A net whose training can be changed by a subclass."""

    def __init__(self) -> None:
        super().__init__(MLP(784, (12,), 10, "selu"))

    def make_optimizer(self) -> torch.optim.Optimizer:
        return KerasSGD(self.parameters(), 0.1)


class OwnForward(Trained):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(2 * x)


class OwnDataLoss(Trained):
    def data_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=0.3)


class OwnLoss(Trained):
    def loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return 3 * super().loss(logits, labels)


class OwnBeforeStep(Trained):
    def before_step(self) -> None:
        for parameter in self.parameters():
            assert parameter.grad is not None
            parameter.grad.clamp_(-0.001, 0.001)


class TorchSGD(Trained):
    def make_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


class SomeParameters(Trained):
    def make_optimizer(self) -> torch.optim.Optimizer:
        return KerasSGD(self.net.get_submodule("output").parameters(), 0.1)


class Hooked(Trained):
    def make_optimizer(self) -> torch.optim.Optimizer:
        optimizer = super().make_optimizer()
        optimizer.register_step_pre_hook(lambda *_: self.before_step())
        return optimizer

    def before_step(self) -> None:
        self.net.get_parameter("output.bias").data.zero_()


@pytest.mark.parametrize(
    "kind",
    [
        Trained,
        OwnForward,
        OwnDataLoss,
        OwnLoss,
        OwnBeforeStep,
        TorchSGD,
        SomeParameters,
        Hooked,
    ],
)
def test_training_is_that_of_a_plain_loop(archive: Archive, kind: type[Trained]) -> None:
    pl.seed_everything(0, verbose=False)
    module = kind()
    expected = copy.deepcopy(module)
    data = ImageData(root=archive().parent, validation=50)
    order = torch.randperm(250)
    data.order = lambda n: order
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    assert fit.global_step == 8
    optimizer = expected.make_optimizer()
    x, y = data.train
    for chosen in order.split(32):
        for parameter in expected.parameters():
            parameter.grad = None
        expected.loss(expected(x[chosen]), y[chosen]).backward()
        expected.before_step()
        optimizer.step()
    for (name, a), b in zip(module.named_parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5, msg=name)


def test_frozen_layers_stay_and_may_thaw(archive: Archive) -> None:
    class Thaw(pl.Callback):
        def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            hidden = module.get_submodule("net.hidden1")
            weights.append(hidden.get_parameter("weight").detach().clone())
            hidden.requires_grad_(trainer.current_epoch == 1)

    weights: list[torch.Tensor] = []
    module = Trained()
    data = ImageData(root=archive().parent, validation=50)
    trainer(max_epochs=2, callbacks=[Thaw()]).fit(module, data)
    assert weights[0].equal(weights[1])
    assert not weights[1].equal(module.net.get_parameter("hidden1.weight"))


def test_bfloat16_where_it_is_asked_for(archive: Archive) -> None:
    figures = []
    for precision in ("32-true", "bf16-mixed"):
        pl.seed_everything(0, verbose=False)
        module = Trained()
        fit = trainer(max_epochs=3, precision=precision)
        fit.fit(module, ImageData(root=archive().parent, validation=50))
        assert all(p.dtype == torch.float32 for p in module.parameters())
        figures.append(fit.callback_metrics["loss"].item())
    assert figures[0] != figures[1]
    assert figures[0] == pytest.approx(figures[1], rel=0.05)


def test_a_validation_in_the_middle_of_an_epoch_changes_no_training_figure(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnn_techniques.data.minibatches.BLOCK", 2)
    runs = []
    for options in ({}, {"val_check_interval": 2}):
        pl.seed_everything(0, verbose=False)
        fit = trainer(max_epochs=1, **options)
        fit.fit(BNBeforeActivation(), ImageData(root=archive().parent, validation=50))
        runs.append({k: v.item() for k, v in fit.callback_metrics.items()})
    assert runs[0] == runs[1]


def test_test_figures_and_predictions(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = Frozen()
    (figures,) = trainer().test(module, data, verbose=False)
    x, y = data.test
    assert figures["test_loss"] == pytest.approx(F.cross_entropy(module(x), y).item(), rel=1e-5)
    predictions = trainer().predict(module, data)
    assert predictions is not None
    probabilities = torch.cat([p for p in predictions if isinstance(p, torch.Tensor)])
    assert torch.allclose(probabilities, module(x).softmax(dim=1), atol=1e-6)


def test_learns(archive: Archive) -> None:
    fit = trainer(max_epochs=5)
    fit.fit(
        BNBeforeActivation(lr=0.01), ImageData(root=archive().parent, validation=50, batch_size=8)
    )
    assert fit.callback_metrics["val_accuracy"] > 0.5


def test_the_loss_on_logits_is_keras_s(goldens: dict[str, Any]) -> None:
    golden = goldens["losses"]
    logits, labels = torch.tensor(golden["logits"]), torch.tensor(golden["labels"])
    expected = golden["sparse_cce_from_logits"]
    assert Frozen().loss(logits, labels).item() == pytest.approx(expected, rel=1e-6)
    twice = Frozen().loss(logits.softmax(dim=1), labels).item()
    assert twice != pytest.approx(expected, rel=0.1)


class Configured(Classifier):
    """A small net with whatever the test wants to see at work."""

    def __init__(self, schedule: Any = None, lr: float = 0.1, **rules: Any) -> None:
        super().__init__(MLP(784, (8,), 10), **rules)
        self.schedule = schedule
        self.lr = lr
        self.rates: list[float] = []

    def make_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.lr)

    def make_schedule(self, optimizer: torch.optim.Optimizer) -> Any:
        return self.schedule and self.schedule(optimizer)

    def on_train_epoch_start(self) -> None:
        super().on_train_epoch_start()
        self.rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])


def fitted(module: Configured, archive: Archive, epochs: int = 1) -> pl.Trainer:
    pl.seed_everything(0, verbose=False)
    fit = trainer(max_epochs=epochs)
    fit.fit(module, ImageData(root=archive().parent, validation=50))
    return fit


def test_penalties_are_part_of_both_reported_losses(archive: Archive) -> None:
    rules = [Penalty(l2=0.01, pattern="hidden*"), Penalty(l1=0.02, pattern="output")]
    module = Configured(lr=0.0, penalties=rules)
    metrics = fitted(module, archive).callback_metrics
    weights = [
        layer.weight for layer in module.net.children() if isinstance(layer, torch.nn.Linear)
    ]
    expected = 0.01 * weights[0].square().sum() + 0.02 * weights[1].abs().sum()
    assert expected > 0.1
    plain = Configured(lr=0.0)
    plain.load_state_dict(module.state_dict())
    without = fitted(plain, archive).callback_metrics
    for name in ("loss", "val_loss"):
        assert (metrics[name] - without[name]).item() == pytest.approx(expected.item(), rel=1e-4)


def test_constraints_hold_after_every_step(archive: Archive) -> None:
    module = Configured(constraints=[MaxNorm(0.5, pattern="hidden*")])
    fitted(module, archive)
    first, last = (m for m in module.net.children() if isinstance(m, torch.nn.Linear))
    assert first.weight.norm(dim=1).max() <= 0.5 * (1 + 1e-6)
    assert last.weight.norm(dim=1).max() > 0.5


def test_clipping_bounds_every_step(archive: Archive) -> None:
    def largest_step(clipping: Clipping | None) -> float:
        pl.seed_everything(0, verbose=False)
        module = Configured(clipping=clipping)
        before = [p.detach().clone() for p in module.parameters()]
        fitted(module, archive)
        pairs = zip(before, module.parameters(), strict=True)
        return max(float((a - b.detach()).abs().max()) for a, b in pairs)

    steps, lr, value = 8, 0.1, 1e-3
    assert largest_step(Clipping(value=value)) <= steps * lr * value * (1 + 1e-3)
    assert largest_step(None) > steps * lr * value


def test_schedules_count_steps_or_epochs(archive: Archive) -> None:
    module = Configured(lambda o: (power(o, s=8), "step"))
    fitted(module, archive, epochs=3)  # 8 steps an epoch
    assert module.rates == pytest.approx([0.1, 0.1 / 2, 0.1 / 3])
    module = Configured(lambda o: (exponential(o, s=1), "epoch"))
    fitted(module, archive, epochs=3)
    assert module.rates == pytest.approx([0.1, 0.01, 0.001])


def test_total_steps_count_minibatches(archive: Archive) -> None:
    totals: list[int] = []
    module = Configured()
    module.schedule = lambda o: totals.append(module.total_steps())
    fit = fitted(module, archive, epochs=3)
    assert totals == [24] == [fit.global_step]


def test_performance_scheduling_follows_the_validation_loss(archive: Archive) -> None:
    def plateau(optimizer: torch.optim.Optimizer) -> tuple[Any, str]:
        return reduce_on_plateau(optimizer, factor=0.5, patience=1), "epoch"

    module = Configured(plateau, lr=1e-12)  # too small to move a weight: no epoch is better
    fit = fitted(module, archive, epochs=4)
    assert module.rates == pytest.approx([1e-12, 1e-12, 5e-13, 2.5e-13])
    best = fit.lr_scheduler_configs[0].scheduler.state_dict()["best"]
    assert best == pytest.approx(fit.callback_metrics["val_loss"].item())


def test_a_pattern_that_matches_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'hidden'"):
        Configured(penalties=[Penalty(l2=0.1, pattern="hidden")])
