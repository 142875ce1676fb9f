"""What the Trainer can do works as without the engine, and as for a plain module."""

import copy
import csv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
import torchmetrics
from pytorch_lightning.callbacks import (
    EarlyStopping,
    LambdaCallback,
    LearningRateMonitor,
    ModelCheckpoint,
    StochasticWeightAveraging,
    Timer,
)
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.tuner import Tuner
from pytorch_lightning.utilities import CombinedLoader
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.data import ImageData
from dnn_techniques.engine import attach
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier, LeakyReLUNet
from dnn_techniques.optim import Clipping, MaxNorm, Penalty, power, reduce_on_plateau
from tests.engine.training import STEPS, Loaders, both, same_values, same_weights, train

Make = Callable[[], pl.LightningModule]


def small(**options: Any) -> Classifier:
    return Classifier(MLP(784, (12,), 10, "relu"), **{"lr": 0.1, **options})


def small_bn() -> BNBeforeActivation:
    return BNBeforeActivation(hidden=(12,), lr=0.1)


class Plain(pl.LightningModule):
    """What Lightning's documentation shows: torch's layers and optimizer, and default logging."""

    def __init__(self, optimizer: str = "SGD", lr: float = 0.1) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Dropout(0.0), nn.Linear(12, 10)
        )
        self.accuracy = torchmetrics.Accuracy("multiclass", num_classes=10)
        self.optimizer = optimizer
        self.lr = lr

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        x, y = batch
        logits = self.net(x)
        loss = F.cross_entropy(logits, y)
        self.accuracy(logits, y)
        self.log("loss", loss, prog_bar=True)
        self.log("mean", loss, on_epoch=True)
        self.log("largest", loss, on_step=False, on_epoch=True, reduce_fx="max")
        self.log("inferred", loss, on_step=False, on_epoch=True)
        self.log("accuracy", self.accuracy, on_step=False, on_epoch=True)
        self.log("constant", 3.0)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", F.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        return getattr(torch.optim, self.optimizer)(self.parameters(), lr=self.lr)


MODULES: dict[str, Make] = {
    "sgd": small,
    "batch normalization": small_bn,
    "everything": lambda: small(
        optimizer="momentum",
        penalties=[Penalty(l2=0.01)],
        constraints=[MaxNorm(0.5)],
        clipping=Clipping(norm=0.1),
    ),
    "foreign": Plain,
    "foreign Adam": partial(Plain, "Adam", 1e-3),
}

# Options of the Trainer that the fast loop knows.
FAST: dict[str, dict[str, Any]] = {
    "nothing": {},
    "clip by norm": {"gradient_clip_val": 0.1},
    "clip by value": {"gradient_clip_val": 1e-3, "gradient_clip_algorithm": "value"},
    "max_steps": {"max_epochs": -1, "max_steps": 11},
    "min_steps": {"min_steps": 11, "max_epochs": 2},
    "64-true": {"precision": "64-true"},
    "limit_train_batches": {"limit_train_batches": 5, "max_epochs": 2},
    "validation within an epoch": {"val_check_interval": 0.5},
    "validation after some steps": {
        "val_check_interval": 5,
        "check_val_every_n_epoch": None,
        "max_epochs": 2,
    },
    "no validation": {"limit_val_batches": 0},
    "validation by epochs": {"check_val_every_n_epoch": 2, "max_epochs": 3},
    "overfit_batches": {"overfit_batches": 2, "max_epochs": 2},
    "new loaders": {"reload_dataloaders_every_n_epochs": 1, "max_epochs": 2},
    "fast_dev_run": {"fast_dev_run": 3},
    "barebones": {"barebones": True},
    "log_every_n_steps": {"log_every_n_steps": 1},
    "rates by step": {"callbacks": lambda: [LearningRateMonitor("step")]},
    "rates by epoch": {"callbacks": lambda: [LearningRateMonitor("epoch")], "max_epochs": 2},
    "early stopping": {
        "callbacks": lambda: [EarlyStopping("val_loss", min_delta=9, patience=1)],
        "max_epochs": 9,
    },
    "printed means": {"callbacks": PrintedMeans},
    "timer": {"callbacks": lambda: [Timer("00:00:01:00")]},
}

# Those that it does not, and what it says.
PLAIN: dict[str, tuple[dict[str, Any], str]] = {
    "accumulate": (
        {"accumulate_grad_batches": 3},
        "gradients of 3 batches are accumulated",
    ),
    "bf16-mixed": ({"precision": "bf16-mixed"}, "precision bf16-mixed"),
    "bf16-true": ({"precision": "bf16-true"}, "precision bf16-true"),
    "profiler": ({"profiler": "simple"}, "the steps are profiled or searched for anomalies"),
    "anomalies": ({"detect_anomaly": True}, "the steps are profiled or searched for anomalies"),
}


def line(reason: str | None) -> list[str]:
    return [] if reason is None else [f"trained by Lightning's own loop: {reason}"]


@pytest.mark.parametrize("make", MODULES.values(), ids=MODULES)
def test_modules(make: Make, loaders: Loaders) -> None:
    _, fast = both(make, loaders, max_epochs=2)
    assert fast.said == []


@pytest.mark.parametrize("options", FAST.values(), ids=FAST)
@pytest.mark.parametrize("make", [small, Plain])
def test_options(make: Make, options: dict[str, Any], loaders: Loaders) -> None:
    _, fast = both(make, loaders, **options)
    assert fast.said == []


@pytest.mark.parametrize(("options", "reason"), PLAIN.values(), ids=PLAIN)
def test_options_that_train_plainly(
    options: dict[str, Any], reason: str, loaders: Loaders, capsys: pytest.CaptureFixture[str]
) -> None:
    _, fast = both(small, loaders, max_epochs=2, **options)
    assert fast.said == line(reason)


class Twin(pl.LightningModule):
    """A `Classifier`'s arithmetic in nothing but torch and Lightning."""

    def __init__(self, of: Classifier) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
        for own, other in zip(self.parameters(), of.parameters(), strict=True):
            own.data.copy_(other)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        return F.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        pass

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


COMPARED = {
    name: FAST[name]
    for name in ("nothing", "clip by norm", "clip by value", "max_steps", "64-true", "min_steps")
} | {name: PLAIN[name][0] for name in ("accumulate", "bf16-mixed", "bf16-true")}
COMPARED["averaged weights"] = {
    "callbacks": lambda: [StochasticWeightAveraging(0.05, swa_epoch_start=1)],
    "max_epochs": 3,
}


@pytest.mark.parametrize("options", COMPARED.values(), ids=COMPARED)
def test_an_experiment_is_trained_like_any_module(
    options: dict[str, Any], loaders: Loaders
) -> None:
    torch.manual_seed(1)
    module = small()
    twin = train(Twin(module), loaders, fast=False, **options)
    ours = train(module, loaders, fast=True, **options)
    assert ours.trainer.global_step == twin.trainer.global_step
    weights = dict(zip(twin.weights, ours.weights.values(), strict=True))
    same_weights(twin.weights, weights)


@pytest.mark.parametrize("make", [small, small_bn, Plain])
def test_averaged_weights(make: Make, loaders: Loaders) -> None:
    _, fast = both(make, loaders, **COMPARED["averaged weights"])
    # For batch normalization Lightning passes through the images once more.
    once_more = "an epoch only passes through the data, and makes no steps"
    assert fast.said == line(once_more if make is small_bn else None)
    assert isinstance(fast.trainer.lr_scheduler_configs[0].scheduler, torch.optim.swa_utils.SWALR)


# Schedules


class ByEpoch(Plain):
    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)]


class OwnSchedulerStep(ByEpoch):
    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        scheduler.step()
        scheduler.step()


class EverySecondStep(Plain):
    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
        config = {"scheduler": schedule, "interval": "step", "frequency": 2}
        return {"optimizer": optimizer, "lr_scheduler": config}


SCHEDULES: dict[str, tuple[Make, str | None]] = {
    "by step": (partial(small, schedule=partial(power, s=STEPS)), None),
    "by epoch": (partial(small, schedule=partial(power, s=1), interval="epoch"), None),
    "by validation": (
        partial(small, schedule=partial(reduce_on_plateau, patience=1, min_delta=9)),
        None,
    ),
    "foreign, by epoch": (ByEpoch, None),
    "own step": (OwnSchedulerStep, "OwnSchedulerStep has the hook lr_scheduler_step"),
    "every second step": (
        EverySecondStep,
        "a schedule counts steps in another way than one by one",
    ),
}


@pytest.mark.parametrize(("make", "reason"), SCHEDULES.values(), ids=SCHEDULES)
def test_schedules(make: Make, reason: str | None, loaders: Loaders) -> None:
    plain, fast = both(make, loaders, max_epochs=3, callbacks=lambda: [LearningRateMonitor("step")])
    assert fast.said == line(reason)
    rates = [t.trainer.optimizers[0].param_groups[0]["lr"] for t in (plain, fast)]
    assert rates[0] == rates[1] != 0.1
    states = [t.trainer.lr_scheduler_configs[0].scheduler.state_dict() for t in (plain, fast)]
    assert states[0].keys() == states[1].keys()
    assert states[0].get("last_epoch") == states[1].get("last_epoch")


# What a module does in its own way


class ManyOptimizers(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: Any, batch_idx: int) -> None:
        for optimizer in self.optimizers():  # type: ignore[union-attr]
            optimizer.zero_grad()
            self.manual_backward(super().training_step(batch, batch_idx))
            optimizer.step()

    def configure_optimizers(self) -> Any:
        return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (self.net[1], self.net[4])]


class Warm(Plain):
    """As Lightning's documentation warms up."""

    def optimizer_step(self, epoch: Any, batch_idx: Any, optimizer: Any, closure: Any) -> None:  # type: ignore[override]
        optimizer.step(closure=closure)
        for group in optimizer.param_groups:
            group["lr"] = min(1.0, (self.trainer.global_step + 1) / 10) * self.lr


class WarmExperiment(Classifier):
    def __init__(self) -> None:
        super().__init__(MLP(784, (12,), 10), lr=0.1, constraints=[MaxNorm(0.5)])

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = min(1.0, (self.trainer.global_step + 1) / 10) * self.lr
        super().optimizer_step(*args, **kwargs)


class EverySecond(Plain):
    def optimizer_step(self, epoch: Any, batch_idx: Any, optimizer: Any, closure: Any) -> None:  # type: ignore[override]
        if batch_idx % 2:
            optimizer.step(closure=closure)
        else:
            closure()


class OwnClipping(Plain):
    def configure_gradient_clipping(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        self.clip_gradients(optimizer, gradient_clip_val=0.05, gradient_clip_algorithm="norm")


class OwnClipGradients(Plain):
    def clip_gradients(self, *args: Any, **kwargs: Any) -> None:
        for parameter in self.parameters():
            parameter.grad.mul_(0.5)


class WithoutIndex(Plain):
    def training_step(self, batch: Any) -> Any:  # type: ignore[override]
        return super().training_step(batch, 0)


class SomeSteps(Plain):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = super().training_step(batch, batch_idx)
        return None if batch_idx % 3 == 1 else {"loss": loss, "batch_idx": batch_idx}


class SomeStepsOfOurs(Classifier):
    def __init__(self) -> None:
        super().__init__(MLP(784, (12,), 10), lr=0.1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        outputs = super().training_step(batch, batch_idx)
        return None if batch_idx in (0, 4, 5) else outputs


class Stops(Plain):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.trainer.should_stop = self.trainer.global_step == 4
        return super().training_step(batch, batch_idx)


class Skips(Plain):
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        return -1 if batch_idx == 5 else None

    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


class DefaultNumbers(Plain):
    """Makes numbers of the default type."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        assert torch.ones(()).dtype == self.net[1].weight.dtype
        return super().training_step(batch, batch_idx) * torch.tensor(1 / 3)


class Frozen(Plain):
    """Freezes a layer while it trains."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.net[1].requires_grad_(batch_idx < 3)
        return super().training_step(batch, batch_idx)


class InEvaluation(BNBeforeActivation):
    """Holds its first normalization by putting it into evaluation mode within the step."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.net[1].eval()
        return super().training_step(batch, batch_idx)


class Quadratic(Plain):
    def configure_optimizers(self) -> Any:
        return torch.optim.LBFGS(self.parameters(), max_iter=3)


class Gradients(Plain):
    def on_before_optimizer_step(self, optimizer: Any) -> None:
        self.log("gradient", self.net[1].weight.grad.norm())


OWN_WAYS: dict[str, tuple[Make, str | None]] = {
    "manual": (ManyOptimizers, "ManyOptimizers optimizes manually"),
    "LBFGS": (Quadratic, "LBFGS asks for several gradients in a step"),
    "on_before_optimizer_step": (Gradients, "Gradients has the hook on_before_optimizer_step"),
    "warm-up": (Warm, None),
    "warm-up of an experiment": (WarmExperiment, None),
    "every second batch": (EverySecond, None),
    "own clipping": (OwnClipping, None),
    "own clip_gradients": (OwnClipGradients, None),
    "no batch_idx": (WithoutIndex, None),
    "some steps": (SomeSteps, None),
    "some steps of ours": (SomeStepsOfOurs, None),
    "should_stop": (Stops, None),
    "-1": (Skips, None),
    "frozen": (Frozen, None),
    "in evaluation": (partial(InEvaluation, hidden=(12,), lr=0.1), None),
}


@pytest.mark.parametrize(("make", "reason"), OWN_WAYS.values(), ids=OWN_WAYS)
@pytest.mark.filterwarnings("ignore:`training_step` returned `None`")
def test_own_ways(make: Make, reason: str | None, loaders: Loaders) -> None:
    _, fast = both(make, loaders, max_epochs=2)
    assert fast.said == line(reason)


def test_numbers_are_as_precise_as_the_training(loaders: Loaders) -> None:
    for precision in ("32-true", "64-true"):
        both(DefaultNumbers, loaders, precision=precision)


# Callbacks


class Watch(pl.Callback):
    """Sees every step: numbers, rate, weights, gradients, outputs."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_train_batch_start(
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
            norms.append(sum(float(p.grad.norm()) for p in module.parameters()))  # type: ignore[union-attr]

    norms: list[float] = []
    both(small, images, callbacks=Norms, limit_val_batches=0)
    assert norms[0] == pytest.approx(norms[1], rel=1e-5)


# Loggers and checkpoints


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


class Ordered:
    """A loader that can go on where it was, as Lightning's mid-epoch resumption needs it."""

    def __init__(self, root: Path) -> None:
        data = ImageData(root=root, validation=50)
        data.setup("fit")
        self.batches = list(zip(*(part.split(32) for part in data.train), strict=True))
        self.position = 0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        for i in range(self.position, len(self)):
            self.position = (i + 1) % len(self)
            yield self.batches[i]

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.position = state["position"]


@pytest.mark.parametrize("first", [False, True], ids=["plain first", "fast first"])
@pytest.mark.parametrize("step", [STEPS, 5, 12], ids=["epoch", "step 5", "step 12"])
@pytest.mark.parametrize(
    "make",
    [
        small_bn,
        Plain,
        partial(small, optimizer="nadam", schedule=partial(power, s=STEPS), lr=1e-3),
    ],
    ids=["bn", "foreign", "nadam"],
)
def test_each_goes_on_from_what_the_other_began(
    make: Make, step: int, first: bool, root: Path, tmp_path: Path
) -> None:
    def loaders() -> dict[str, Any]:
        return {"train_dataloaders": Ordered(root)}

    torch.manual_seed(1)
    module = make()
    unbroken = train(copy.deepcopy(module), loaders, fast=False, max_epochs=3)
    kept = ModelCheckpoint(tmp_path, "at", every_n_train_steps=step, save_top_k=-1)
    options: dict[str, Any] = {"enable_checkpointing": True, "callbacks": [kept]}
    train(copy.deepcopy(module), loaders, first, max_steps=step, max_epochs=-1, **options)
    path = tmp_path / "at.ckpt"
    other = train(make(), loaders, not first, path, max_epochs=3)
    assert other.trainer.global_step == 3 * STEPS
    assert other.said == []
    same_weights(unbroken.weights, other.weights)
    same_values(
        unbroken.trainer.callback_metrics,
        other.trainer.callback_metrics,
    )


def test_an_epoch_of_image_data_goes_on(images: Loaders, tmp_path: Path) -> None:
    torch.manual_seed(1)
    module = small_bn()
    unbroken = train(copy.deepcopy(module), images, fast=False, max_epochs=3)
    for first in (False, True):
        start = train(copy.deepcopy(module), images, first)
        start.trainer.save_checkpoint(tmp_path / "last.ckpt")
        rest = train(small_bn(), images, not first, tmp_path / "last.ckpt", max_epochs=3)
        same_weights(unbroken.weights, rest.weights)


# Rates


@pytest.mark.parametrize("make", [partial(LeakyReLUNet, hidden=(12,)), Plain])
def test_a_rate_is_found(make: Make, loaders: Loaders, tmp_path: Path) -> None:
    found = []
    torch.manual_seed(1)
    module: Any = make()
    for fast in (False, True):
        tuned = copy.deepcopy(module)
        trainer = pl.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        if fast:
            attach(trainer, say=pytest.fail)
        pl.seed_everything(0, verbose=False)
        finder = Tuner(trainer).lr_find(tuned, **loaders(), num_training=20)
        assert finder is not None
        assert tuned.lr == finder.suggestion() is not None
        same_weights(module.state_dict(), tuned.state_dict())
        trainer.fit(tuned, **loaders())
        found.append((finder.results, tuned.state_dict()))
    assert found[1][0]["lr"] == found[0][0]["lr"]
    assert found[1][0]["loss"] == pytest.approx(found[0][0]["loss"], rel=1e-4)
    same_weights(found[0][1], found[1][1])


# Loaders


class Stream(IterableDataset):
    """As many batches as it says, or one less; no number where it says none."""

    def __init__(self, batches: list[Any]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


class Liar(Stream):
    def __len__(self) -> int:
        return len(self.batches) + 1


def loader_of(kind: str, batches: list[Any]) -> Any:
    as_it_is = partial(DataLoader, batch_size=None)
    return {
        "stream": lambda: as_it_is(Stream(batches)),
        "liar": lambda: as_it_is(Liar(batches)),
        "lists": lambda: as_it_is([list(batch) for batch in batches]),
        "dictionaries": lambda: as_it_is([{"a": batch} for batch in batches]),
        "list of one": lambda: [as_it_is(batches)],
        "two": lambda: [as_it_is(batches), as_it_is(batches[:3])],
        "the shorter of two": lambda: CombinedLoader(
            {"a": as_it_is(batches), "b": as_it_is(batches[:3])}, "min_size"
        ),
    }[kind]()


class Pairs(Plain):
    """Takes what comes, in whatever it is packed."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        while not isinstance(batch, list | tuple) or not isinstance(batch[0], Tensor):
            batch = batch["a"] if isinstance(batch, dict) else batch[0]
        return super().training_step(batch, batch_idx)


@pytest.mark.parametrize(
    "kind",
    ["stream", "liar", "lists", "dictionaries", "list of one", "two", "the shorter of two"],
)
@pytest.mark.filterwarnings("ignore")
def test_loaders(kind: str, root: Path) -> None:
    batches = Ordered(root).batches
    make = lambda: {"train_dataloaders": loader_of(kind, batches)}  # noqa: E731
    _, fast = both(Pairs, make, max_epochs=2)
    assert fast.said == []
