"""Every experiment that repeats a documented run has the documented net, data and optimizer."""

import re
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.layers import INITIALIZERS, make_activation
from dnn_techniques.layers.initializers import glorot_uniform
from dnn_techniques.modules import Classifier
from dnn_techniques.study.documented import _document
from dnn_techniques.study.experiments import Experiment, all_experiments
from dnn_techniques.trainer_cli import check_arguments

SETUPS = {entry["id"]: entry["setup"] for entry in _document()["experiments"]}
# Runs that an entry prints beside its first, and what they are trained with instead.
VARIANTS = {
    "l2": {"optimizer": "nadam"},
    "l2-adam": {**SETUPS["l2"], "optimizer": "adam"},
    "l2-partial": {**SETUPS["l2"], "optimizer": "nadam"},
    "mc-dropout": {**SETUPS["alpha-dropout"], "epochs": 21},
    # On the layers of task A, but with task B's output.
    **{
        f"transfer-b-on-a-{how}": {"output": SETUPS["transfer-b"]["output"]}
        for how in ("frozen", "unfrozen", "never-frozen")
    },
}
DEFAULT_RATES = {"nadam": 1e-3, "adam": 1e-3, "sgd": 0.01}
# The rate with which the optimizer is made, where the entry leaves it to a schedule.
SCHEDULED_RATES = {
    "schedule-exponential-epoch": 0.01,
    "schedule-piecewise": 0.01,
    "schedule-1cycle": 0.005,
}

# The notes' entries name their settings in other ways, see test_mnist_setups.py.
REPEATED = [e for e in all_experiments() if e.documented and e.group != "mnist"]


def setup_of(experiment: Experiment) -> dict[str, Any]:
    assert experiment.documented is not None
    return {**with_base(experiment.documented), **VARIANTS.get(experiment.documented, {})}


def with_base(id: str) -> dict[str, Any]:
    """An entry's setup, with what it takes over from the one that it is built on."""
    setup = SETUPS.get(id, {})
    return {**with_base(re.split("[, ]", setup["from"])[0]), **setup} if "from" in setup else setup


@cache
def build(experiment: Experiment) -> tuple[Any, Classifier]:
    config = check_arguments(
        ["fit", "-c", str(experiment.path), "--data.name", "digits", "--trainer.accelerator", "cpu"]
    )
    torch.manual_seed(0)
    module, _, name = config.model.class_path.rpartition(".")
    cls = getattr(__import__(module, fromlist=[name]), name)
    return config, cls(**config.model.init_args.as_dict())


def dense(module: Classifier) -> list[nn.Linear]:
    return [layer for layer in module.net.modules() if isinstance(layer, nn.Linear)]


def filled_by(weight: torch.Tensor, initializer: str) -> bool:
    """Whether the deviation and the largest value are those of the initializer."""
    many = torch.stack([INITIALIZERS[initializer](torch.empty_like(weight)) for _ in range(20)])
    close = abs(weight.std() / many.std() - 1) < 4 / weight.numel() ** 0.5
    return bool(close) and bool(weight.abs().max() <= many.abs().max() * 1.05)


@pytest.mark.parametrize("experiment", REPEATED, ids=lambda e: e.name)
def test_data_and_length(experiment: Experiment) -> None:
    setup, (config, _) = setup_of(experiment), build(experiment)
    data = config.data.init_args
    assert config.trainer.max_epochs == setup["epochs"]
    assert data.batch_size == setup["batch_size"]
    assert data.validation == 5000
    assert data.scaling == ("unit" if setup["inputs"] == "unit" else "standardize")


@pytest.mark.parametrize("experiment", REPEATED, ids=lambda e: e.name)
def test_net(experiment: Experiment) -> None:
    setup, (_, module) = setup_of(experiment), build(experiment)
    hidden = setup.get("hidden", [300, 100])  # the batch normalization entries list their layers
    layers = dense(module)
    output = int(str(setup.get("output", 10)).split(" ")[0])  # "1 sigmoid"
    assert [layer.out_features for layer in layers] == [*hidden, output]
    activation = re.split(r"\(", setup.get("activation", "relu"))[0]
    expected = type(make_activation(activation, 1))
    activations = [m for name, m in module.net.named_children() if name.startswith("activation")]
    assert [type(m) for m in activations] == [expected] * len(hidden)
    if activation == "leaky_relu":
        assert all(m.negative_slope == 0.3 for m in activations)


@pytest.mark.parametrize("experiment", REPEATED, ids=lambda e: e.name)
def test_initializers(experiment: Experiment) -> None:
    """The documents name that of the hidden layers; the output layer has Keras's default."""
    setup, (_, module) = setup_of(experiment), build(experiment)
    *hidden, output = dense(module)
    assert all(
        filled_by(layer.weight.detach(), setup["kernel_initializer"].split(" ")[0])
        for layer in hidden
    )
    last = "he_normal" if experiment.documented == "l2-partial" else "glorot_uniform"
    assert filled_by(output.weight.detach(), last)
    assert all((layer.bias == 0).all() for layer in dense(module) if layer.bias is not None)


@pytest.mark.parametrize("experiment", REPEATED, ids=lambda e: e.name)
def test_optimizer(experiment: Experiment) -> None:
    setup, (_, module) = setup_of(experiment), build(experiment)
    name, _, options = setup["optimizer"].partition("(")
    group = module.make_optimizer().param_groups[0]
    assert type(module.make_optimizer()).__name__.lower() == f"keras{name}"
    said = dict(re.findall(r"(lr|momentum)=([\d.e-]+)", options))
    assert experiment.documented is not None
    if "schedule" not in experiment.documented or "lr" in said:
        assert group["lr"] == float(said.get("lr", DEFAULT_RATES[name]))
    else:
        assert group["lr"] == SCHEDULED_RATES.get(experiment.documented, DEFAULT_RATES[name])
    assert group.get("momentum", 0) == float(said.get("momentum", 0))
    assert group.get("nesterov", False) == ("nesterov" in options)


def test_the_check_of_initializers_can_fail() -> None:
    torch.manual_seed(0)
    lecun = INITIALIZERS["lecun_normal"](torch.empty(10, 100))
    assert not filled_by(lecun, "glorot_uniform")
    assert filled_by(glorot_uniform(torch.empty(10, 100)), "glorot_uniform")
    assert not filled_by(INITIALIZERS["he_normal"](torch.empty(100, 300)), "lecun_normal")
