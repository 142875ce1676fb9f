"""Chapter 10's regression nets beside real Keras: trained alike, and exchanged both ways."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnn_techniques.modules import AuxiliaryOutputNet, RegressionMLP, TwoInputsNet, WideDeepNet
from dnn_techniques.modules.card import RegressorCard
from dnn_techniques.weights import assign_arrays, keras_arrays, load_keras_weights, save_keras
from tests.weights.test_functional_config import Towers

pytest.importorskip("h5py")
pytestmark = pytest.mark.oracle

STEPS = 50
ROWS = 500
# Of weights, and of outputs in parts of the largest: both sides compute in float32.
TOLERANCE = 1e-6
CARDS = [RegressionMLP, WideDeepNet, TwoInputsNet, AuxiliaryOutputNet]


@pytest.fixture(scope="session", params=["tf_keras", "keras"])
def either(request: pytest.FixtureRequest, keras: Any) -> Any:
    """One Keras after the other; TensorFlow is set up by the fixture of tf_keras."""
    return keras if request.param == "tf_keras" else pytest.importorskip("keras")


def made(card: type[RegressorCard]) -> RegressorCard:
    """A card whose weights are away from 0, biases too."""
    module = card(lr=0.01)
    random = np.random.RandomState(1)
    assign_arrays(module.net, [random.normal(0, 0.4, w.shape) for w in keras_arrays(module.net)])
    return module


def table() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features (rows, 8), and targets that follow from them."""
    random = np.random.RandomState(0)
    x = random.normal(0, 1, (ROWS, 8)).astype(np.float32)
    return x, (np.tanh(x[:, 0]) + x[:, 4] + random.normal(0, 0.1, ROWS)).astype(np.float32)


def inputs_of(module: RegressorCard, x: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    several = isinstance(module.example_input_array, tuple)
    return [x[:, :5], x[:, 2:]] if several else [x]


def built_by_the_book(keras: Any, card: type[RegressorCard]) -> Any:
    """Keras's counterpart, by the functional API."""
    layers = keras.layers
    if card is RegressionMLP:
        x = layers.Input((8,))
        return keras.Model(x, layers.Dense(1)(layers.Dense(30, activation="relu")(x)))
    one = card is WideDeepNet
    wide = layers.Input((8 if one else 5,))
    deep = wide if one else layers.Input((6,))
    hidden = layers.Dense(30, activation="relu")(deep)
    hidden = layers.Dense(30, activation="relu")(hidden)
    outputs = [layers.Dense(1)(layers.Concatenate()([wide, hidden]))]
    if card is AuxiliaryOutputNet:
        outputs.append(layers.Dense(1)(hidden))
    return keras.Model(wide if one else [wide, deep], outputs if len(outputs) > 1 else outputs[0])


def outputs_of(keras_or_ours: Any, inputs: list[Any]) -> list[NDArray[np.float32]]:
    if isinstance(keras_or_ours, nn.Module):
        with torch.no_grad():
            found = keras_or_ours(*map(torch.from_numpy, inputs))
    else:
        found = keras_or_ours(inputs if len(inputs) > 1 else inputs[0], training=False)
    found = found if isinstance(found, tuple | list) else [found]
    return [np.asarray(output) for output in found]


def apart(ones: list[Any], others: list[Any]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(ones, others, strict=True))


def distance(ones: list[Any], others: list[Any]) -> float:
    """Of outputs, in parts of the largest, or of 1 where that is smaller."""
    return apart(ones, others) / max(1, *(float(np.abs(output).max()) for output in others))


@pytest.mark.parametrize("criterion", ["mse", "mae", "huber"])
@pytest.mark.parametrize("card", CARDS)
def test_training(keras: Any, card: type[RegressorCard], criterion: Any) -> None:
    """The same weights, batches and rate: the same weights after fifty steps of SGD."""
    module = made(card)
    module.criterion = criterion
    model = built_by_the_book(keras, card)
    model.set_weights(keras_arrays(module.net))
    auxiliary = isinstance(module, AuxiliaryOutputNet)
    model.compile(
        keras.optimizers.legacy.SGD(0.01),
        loss={"huber": keras.losses.Huber()}.get(criterion, criterion),
        loss_weights=[0.9, 0.1] if auxiliary else None,
    )
    optimizer = module.make_optimizer()
    start = keras_arrays(module.net)
    x, y = table()
    losses = []
    for rows in np.random.RandomState(2).randint(0, ROWS, (STEPS, 32)):
        parts = inputs_of(module, x[rows])
        targets = [y[rows]] * 2 if auxiliary else y[rows]
        theirs = model.train_on_batch(parts if len(parts) > 1 else parts[0], targets)
        given: Any = tuple(map(torch.from_numpy, parts))
        batch: tuple[Any, Tensor] = (given if len(parts) > 1 else given[0], torch.tensor(y[rows]))
        loss = module.figures(batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item() - np.ravel(theirs)[0])
    weights = keras_arrays(module.net)
    print(f"{card.__name__} {criterion}: weights {apart(weights, model.get_weights()):.1e} apart")
    assert apart(weights, model.get_weights()) < TOLERANCE
    assert apart(weights, start) > 1000 * TOLERANCE
    assert np.abs(losses).max() < 1e-5


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("card", CARDS)
def test_export(either: Any, card: type[RegressorCard], ending: str, tmp_path: Path) -> None:
    module = made(card)
    inputs = inputs_of(module, table()[0])
    shapes = [part.shape[1:] for part in inputs]
    save_keras(module.net, tmp_path / f"net.{ending}", shapes if len(shapes) > 1 else None)
    model = either.models.load_model(tmp_path / f"net.{ending}")
    assert distance(outputs_of(model, inputs), outputs_of(module.net, inputs)) < TOLERANCE
    targets = [table()[1]] * len(model.outputs)
    model.compile("sgd", ["mse"] * len(targets))
    model.fit(inputs if len(inputs) > 1 else inputs[0], targets, verbose=0)
    assert apart(model.get_weights(), keras_arrays(module.net)) > 1000 * TOLERANCE


@pytest.mark.parametrize("card", CARDS)
def test_import(either: Any, card: type[RegressorCard], tmp_path: Path) -> None:
    model, module = built_by_the_book(either, card), card()
    random = np.random.RandomState(3)
    model.set_weights([random.normal(0, 0.4, w.shape) for w in model.get_weights()])
    inputs = inputs_of(module, table()[0])
    for file in ("net.h5", "net.keras", "net.weights.h5"):
        (model.save_weights if "weights" in file else model.save)(tmp_path / file)
        module = card()
        assert distance(outputs_of(model, inputs), outputs_of(module.net, inputs)) > 0.01
        load_keras_weights(module.net, tmp_path / file)
        assert distance(outputs_of(model, inputs), outputs_of(module.net, inputs)) < TOLERANCE, file


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_layers_of_one_shape_are_not_mixed_up(either: Any, ending: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, inputs = Towers(), [table()[0][:, :3], table()[0][:, 3:6]]
    save_keras(net, tmp_path / f"net.{ending}", [(3,), (3,)])
    model = either.models.load_model(tmp_path / f"net.{ending}")
    assert distance(outputs_of(model, inputs), outputs_of(net, inputs)) < TOLERANCE
