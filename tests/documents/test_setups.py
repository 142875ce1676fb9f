"""Every experiment that repeats a documented run has the documented net, data and optimizer."""

import re
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.documents.documented import documented
from dnn_techniques.layers import INITIALIZERS, Dense, make_activation
from dnn_techniques.modules import Classifier
from tests.experiment_files import FILES, ExperimentFile

# The notes' entries name their settings in other ways, see test_mnist_setups.py.
REPEATED = {f.documented: f for f in FILES if f.documented and f.group != "mnist"}

DEFAULT_RATES = {"nadam": 1e-3, "adam": 1e-3, "sgd": 0.01}
# What the optimizer is made with, where the entry names the rate beside the schedule.
SCHEDULED_RATES = {"schedule-exponential-epoch": 0.01, "schedule-piecewise": 0.01}
# The values that the entries name in words.
NAMED: dict[str, dict[str, Any]] = {
    "leaky-relu": {"slope": 0.3},
    "prelu": {"slope": 0},
    "bn-after-activation": {"decay": 0.99},
    "bn-before-activation": {"decay": 0.99},
    "schedule-power": {"s": 1 / 1e-4, "c": 1},
    "schedule-exponential-epoch": {"s": 20},
    # Computed from the data: tests/modules/test_schedules.py says that it is 34,375.
    "schedule-exponential-step": {"s": None},
    "schedule-exponential-builtin": {"s": None},
    "schedule-piecewise": {"boundaries": [5, 15], "factors": [1, 0.5, 0.1]},
    "schedule-performance": {"factor": 0.5, "patience": 5},
    "schedule-1cycle": {"max_lr": 0.05},
    "l2": {"l2": 0.01},
    "l2-adam": {"l2": 0.01},
    "l2-partial": {"l2": 0.01},
    "dropout": {"rate": 0.2},
    "alpha-dropout": {"rate": 0.2},
    "mc-dropout": {"rate": 0.2, "samples": 100},
    "mc-dropout-book": {"rate": 0.2, "samples": 100},
    "max-norm": {"max_norm": 1.0},
}


def setup_of(file: ExperimentFile) -> dict[str, Any]:
    """What the entry states; of an entry in phases, whose figures are the last one's, the last."""
    setup = documented(file.documented).setup
    return setup | setup["phases"][-1] if "phases" in setup else setup


def dense(module: Classifier) -> list[nn.Linear]:
    return [layer for layer in module.net.modules() if isinstance(layer, nn.Linear)]


@cache
def filled(shape: torch.Size, initializer: str) -> tuple[float, float]:
    """Deviation and largest value of many kernels that the initializer fills."""
    torch.manual_seed(1)
    many = torch.stack([INITIALIZERS[initializer](torch.empty(shape)) for _ in range(20)])
    return many.std().item(), many.abs().max().item()


def filled_by(layer: nn.Linear, initializer: str) -> bool:
    """Whether the deviation and the largest value are those of the initializer."""
    weight = layer.weight.detach()
    deviation, largest = filled(weight.shape, initializer)
    close = abs(weight.std().item() / deviation - 1) < 4 / weight.numel() ** 0.5
    return close and weight.abs().max().item() <= largest * 1.05


every_file = pytest.mark.parametrize("file", REPEATED.values(), ids=lambda file: file.name)


@every_file
def test_data_and_length(file: ExperimentFile) -> None:
    setup = setup_of(file)
    assert file.trainer["max_epochs"] == setup["epochs"]
    assert file.data.batch_size == setup["batch_size"]
    assert file.data.validation == 5000
    assert file.data.scaling == ("unit" if setup["inputs"] == "unit" else "standardize")


@every_file
def test_net(file: ExperimentFile) -> None:
    setup, net = setup_of(file), file.model.net
    output = int(str(setup.get("output", 10)).split(" ")[0])  # "1 sigmoid"
    assert [layer.out_features for layer in dense(file.model)] == [*setup["hidden"], output]
    activation = type(make_activation(setup["activation"].split("(")[0], 1))
    activations = [type(m) for name, m in net.named_children() if name.startswith("activation")]
    assert activations == [activation] * len(setup["hidden"])


@every_file
def test_initializers(file: ExperimentFile) -> None:
    """The documents name that of the hidden layers; the output layer has Keras's default."""
    setup = setup_of(file)
    *hidden, output = dense(file.model)
    named = setup["kernel_initializer"].split(" ")[0]
    assert all(filled_by(layer, named) for layer in hidden)
    assert filled_by(output, setup.get("output_kernel_initializer", "glorot_uniform"))
    assert all((layer.bias == 0).all() for layer in dense(file.model) if layer.bias is not None)


@every_file
def test_optimizer(file: ExperimentFile) -> None:
    name, _, options = setup_of(file)["optimizer"].partition("(")
    optimizer = file.model.make_optimizer()
    (group,) = optimizer.param_groups
    assert type(optimizer).__name__.lower() == f"keras{name}"
    said = dict(re.findall(r"(lr|momentum)=([\d.e-]+)", options))
    default = SCHEDULED_RATES.get(file.documented, DEFAULT_RATES[name])
    assert group["lr"] == float(said.get("lr", default))
    assert group.get("momentum", 0) == float(said.get("momentum", 0))
    assert group.get("nesterov", False) == ("nesterov" in options)


def test_the_books_transfer_begins_with_its_first_phase() -> None:
    """The frozen stage has no entry of its own: the book prints figures of the finished net."""
    (frozen,) = [file for file in FILES if file.name == "transfer/b_on_a_book_frozen"]
    last = REPEATED["transfer-book"]
    first, _ = documented("transfer-book").setup["phases"]
    (group,) = frozen.model.make_optimizer().param_groups
    assert first["optimizer"] == f"sgd(lr={group['lr'] * 100:g}e-2)"
    assert frozen.trainer["max_epochs"] == first["epochs"]
    (phase,) = frozen.callbacks["Freezing"].phases
    assert phase.frozen == ["hidden*"]
    assert last.values["reuse"] == {"run": frozen.name, "layers": ["*"]}
    assert frozen.values["data"] == last.values["data"]
    assert "Freezing" not in last.callbacks


@pytest.mark.parametrize("id", NAMED)
def test_named_values(id: str) -> None:
    model = REPEATED[id].model
    assert {name: getattr(model, name) for name in NAMED[id]} == NAMED[id]


def test_the_check_of_initializers_can_fail() -> None:
    torch.manual_seed(0)
    lecun = Dense(100, 10, INITIALIZERS["lecun_normal"])
    assert not filled_by(lecun, "glorot_uniform")
    assert filled_by(Dense(100, 10), "glorot_uniform")
    assert not filled_by(Dense(300, 100, INITIALIZERS["he_normal"]), "lecun_normal")
