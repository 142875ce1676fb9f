"""Every experiment that repeats a run of the notes has the net, data and optimizer of its entry."""

import re
from typing import Any

import pytest
from torch import nn

from dnn_techniques.documents.documented import all_documented, documented
from dnn_techniques.layers import (
    ELU,
    Dense,
    KerasBatchNorm1d,
    StopGradient,
    glorot_uniform,
    lecun_normal,
)
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.optim import MaxNorm, Penalty
from tests.experiment_files import FILES, ExperimentFile

REPEATED = {f.documented: f for f in FILES if f.group == "mnist" and f.documented}
# 500 images in 500 // 140 = 3 nearly equal batches.
BATCH_SIZES = dict.fromkeys(("mnist-5-9-frozen-5", "mnist-5-9-cached", "mnist-5-9-frozen-4"), 167)
ACTIVATIONS = {"relu": nn.ReLU, "elu": ELU, "leaky_relu": nn.LeakyReLU}


def setup_of(file: ExperimentFile) -> dict[str, Any]:
    return documented(file.documented).setup


def by_id(kind: str) -> dict[str, Any]:
    """The callbacks of this kind."""
    found = {id: file.callbacks.get(kind) for id, file in REPEATED.items()}
    return {id: callback for id, callback in found.items() if callback is not None}


def test_every_entry_is_repeated() -> None:
    assert set(REPEATED) == {id for id in all_documented() if id.startswith("mnist-")}


every_file = pytest.mark.parametrize("file", REPEATED.values(), ids=lambda file: file.name)


@every_file
def test_data(file: ExperimentFile) -> None:
    setup, data = setup_of(file), file.data
    assert documented(file.documented).data_set == data.name == "mnist"
    assert data.batch_size == BATCH_SIZES.get(file.documented, setup["batch_size"])
    assert (data.validation, data.scaling) == (5000, "unit")
    assert data.part.classes == setup.get("classes")
    assert data.part.per_class == setup.get("per_class")


@every_file
def test_length(file: ExperimentFile) -> None:
    setup, stopping = setup_of(file), file.callbacks.get("StopAtChecks")
    if stopping is None:
        assert file.trainer["max_epochs"] == setup["epochs"] == 20
    else:
        assert setup["epochs"].startswith("up to 500, ")
        assert file.trainer["max_epochs"] == 500
        assert (stopping.every, stopping.patience) == (5, setup["patience"])


@every_file
def test_net(file: ExperimentFile) -> None:
    setup, net = setup_of(file), file.model.net
    *hidden, _ = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    assert [layer.out_features for layer in hidden] == setup["hidden"]
    # The entry of batch normalization tells its layers in words.
    activation = ACTIVATIONS[setup.get("activation", "elu")]
    found = [type(m) for m in net.modules() if isinstance(m, tuple(ACTIVATIONS.values()))]
    extra = 1 if file.documented == "mnist-l1-deep" else 0  # on the logits
    assert found == [activation] * (len(hidden) + extra)


@every_file
def test_optimizer(file: ExperimentFile) -> None:
    name, options = re.findall(r"(\w+)\((.*)\)", setup_of(file)["optimizer"])[0]
    optimizer = file.model.make_optimizer()
    (group,) = optimizer.param_groups
    assert type(optimizer).__name__.lower() == f"keras{name}"
    rate, *others = [float(v) for v in re.findall(r"\d[\d.e-]*", options)]
    assert group["lr"] == rate
    assert group.get("momentum", 0) == (others[0] if name == "sgd" and others else 0)
    if name == "adam":
        assert group["betas"] == (tuple(others) if others else (0.9, 0.999))


def test_regularization() -> None:
    modules = {id: file.model for id, file in REPEATED.items()}
    assert modules["mnist-l1"].penalties == [Penalty(l1=0.001)]
    assert modules["mnist-l1-deep"].penalties == [Penalty(l1=0.001)]
    assert modules["mnist-max-norm"].constraints == [MaxNorm(1.0, 1, "hidden*")]
    assert not modules["mnist-max-norm-regularizer"].constraints  # never clipped
    dropped = {
        id: [m.p for m in module.net.modules() if isinstance(m, nn.Dropout)]
        for id, module in modules.items()
    }
    assert {id: rates for id, rates in dropped.items() if rates} == {
        "mnist-0-4-dropout": [0.5] * 5  # mnist-dropout was off
    }


def test_where_batches_come_from() -> None:
    kinds = {id: type(file.data).__name__ for id, file in REPEATED.items()}
    assert {id: kind for id, kind in kinds.items() if kind != "ImageData"} == {
        "mnist-pairs": "PairData",
        "mnist-pairs-reuse": "SplitData",
    }


def test_what_the_checks_watch_and_keep() -> None:
    found = {id: (c.watched, c.restore_best) for id, c in by_id("StopAtChecks").items()}
    assert len(found) == 10
    assert {id: kept for id, kept in found.items() if kept != ("train_set", True)} == {
        "mnist-0-4": ("train_set", False),
        "mnist-pairs": ("last_batch", True),
    }


def test_initializers() -> None:
    """Glorot's uniform one, or in exercises 8 to 10 the notes' "He", which is LeCun's."""
    for id, file in REPEATED.items():
        found = [m.initializer for m in file.model.net.modules() if isinstance(m, Dense)]
        if id == "mnist-0-4":
            assert found == [lecun_normal] * 5 + [glorot_uniform]
        else:
            notes_he = setup_of(file)["kernel_initializer"].startswith("he ")
            assert found == [lecun_normal if notes_he else glorot_uniform] * len(found), id


def test_batch_normalization() -> None:
    norms = {
        id: {(m.decay, m.eps) for m in file.model.net.modules() if isinstance(m, KerasBatchNorm1d)}
        for id, file in REPEATED.items()
    }
    assert {id: found for id, found in norms.items() if found} == {
        "mnist-bn": {(0.9, 0.001)},
        "mnist-0-4-bn": {(0.95, 0.001)},
        "mnist-0-4-dropout": {(0.95, 0.001)},
    }


def test_the_gradient_stops_above_the_second_layer() -> None:
    stopped = {
        id: list(named_layers(file.model.net))
        for id, file in REPEATED.items()
        if any(isinstance(m, StopGradient) for m in file.model.net.modules())
    }
    (layers,) = stopped.values()
    assert list(stopped) == ["mnist-stop-gradient"]
    assert layers.index("hidden2") < layers.index("stop") < layers.index("hidden3")


def test_reused_layers() -> None:
    """Nothing for the digits 5 to 9: the notes' `fit` runs the initializers again."""
    reused = {id: file.values["reuse"] for id, file in REPEATED.items() if "reuse" in file.values}
    assert reused == {
        **{
            f"mnist-{how}": {"run": "mnist/reuse_source", "layers": ["hidden[123]"]}
            for how in ("reuse", "frozen", "stop-gradient", "frozen-cached")
        },
        "mnist-pairs-reuse": {"run": "mnist/pairs", "layers": ["tower_a"]},
    }


def test_frozen_layers() -> None:
    frozen = {
        id: (callback.phases[0].frozen, callback.phases[0].cached)
        for id, callback in by_id("Freezing").items()
    }
    assert frozen == {
        "mnist-frozen": (["hidden[12]"], False),
        "mnist-frozen-cached": (["hidden[12]"], True),
        "mnist-5-9-frozen-5": (["hidden[1-5]"], False),
        "mnist-5-9-cached": (["hidden[1-5]"], True),
        "mnist-5-9-frozen-4": (["hidden[1-4]"], True),
        "mnist-5-9-frozen-3": (["hidden[1-3]"], True),
        "mnist-pairs-reuse": (["tower_a"], True),
    }
