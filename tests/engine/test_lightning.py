"""What the Trainer can do works as without the engine, and as for a plain module."""

from functools import partial
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import (
    EarlyStopping,
    LearningRateMonitor,
    StochasticWeightAveraging,
    Timer,
)

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.optim import Clipping, MaxNorm, Penalty, power, reduce_on_plateau
from tests.engine.modules import Make, Plain, Twin, line, small, small_bn
from tests.engine.training import STEPS, Loaders, both, same_weights, train

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
    "progress bar": {"enable_progress_bar": True},
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
def test_options_that_train_plainly(options: dict[str, Any], reason: str, loaders: Loaders) -> None:
    _, fast = both(small, loaders, max_epochs=2, **options)
    assert fast.said == line(reason)


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
