"""Weights and nets exchanged with real Keras, that of TensorFlow 2 and Keras 3, both ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import ACTIVATIONS, MLP, AlphaDropout, KerasBatchNorm1d
from dnn_techniques.modules import (
    AlphaDropoutNet,
    BNAfterActivation,
    BNBeforeActivation,
    Classifier,
    LeakyReLUNet,
    PReLUNet,
)
from dnn_techniques.weights import assign_arrays, keras_arrays, load_keras_weights, save_keras

pytest.importorskip("h5py")
pytestmark = pytest.mark.oracle

# Of the largest logit, or of 1 where that is smaller: both sides compute in float32.
TOLERANCE = 1e-6
# What Keras has a layer or a function for by the same definition.
COMMON = [name for name in ACTIVATIONS if name != "rrelu"]
NORMS = ("none", "before", "after")


@pytest.fixture(scope="session", params=["tf_keras", "keras"])
def either(request: pytest.FixtureRequest, keras: Any) -> Any:
    """One Keras after the other; TensorFlow is set up by the fixture of tf_keras."""
    return keras if request.param == "tf_keras" else pytest.importorskip("keras")


def our_net(activation: str, norm: Any, seed: int = 0, **settings: Any) -> MLP:
    """A net with random weights and statistics, as a trained one has them."""
    net = MLP(6, (7, 5), 3, activation, norm=norm, norm_first=norm != "none", **settings)
    random = np.random.RandomState(seed)
    assign_arrays(net, [_random(random, array.shape) for array in keras_arrays(net)])
    return net.eval()


def _random(random: np.random.RandomState, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return random.normal(0, 0.4, shape) if len(shape) == 2 else random.uniform(0.1, 1, shape)


def keras_net(keras: Any, activation: str, norm: str, output: str = "linear") -> Any:
    """Keras's counterpart of `our_net`, without its weights."""
    layers = keras.layers
    make = {
        "leaky_relu": layers.LeakyReLU,
        "leaky_relu_0.01": lambda: layers.LeakyReLU(0.01),
        "leaky_relu_0.2": lambda: layers.LeakyReLU(0.2),
        "prelu": layers.PReLU,
    }.get(activation, lambda: layers.Activation(activation))
    net = keras.Sequential([layers.Input((2, 3)), layers.Flatten()])
    if norm != "none":
        net.add(layers.BatchNormalization())
    for units in (7, 5):
        net.add(layers.Dense(units, use_bias=norm != "before"))
        if norm == "before":
            net.add(layers.BatchNormalization())
        net.add(make())
        if norm == "after":
            net.add(layers.BatchNormalization())
        net.add(layers.Dropout(0.3))
    net.add(layers.Dense(3, activation=output))
    return net


def images() -> NDArray[np.float32]:
    return np.random.RandomState(9).normal(0, 1, (50, 2, 3)).astype(np.float32)


def ours(net: nn.Module) -> NDArray[np.float32]:
    with torch.no_grad():
        logits: NDArray[np.float32] = net(torch.from_numpy(images())).numpy()
    return logits


def theirs(net: Any) -> NDArray[np.float32]:
    return np.asarray(net(images(), training=False), np.float32)


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.abs(a - b).max() / max(1, np.abs(b).max()))


def save_all(net: Any, folder: Path) -> list[Path]:
    """Every file that this Keras can make of a model."""
    net.save(folder / "model.h5")
    net.save(folder / "model.keras")
    net.save_weights(folder / "model.weights.h5")
    if "tf_keras" in type(net).__module__:
        net.save_weights(folder / "weights.h5", save_format="h5")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", COMMON)
def test_import_predicts_as_keras(either: Any, activation: str, norm: str, tmp_path: Path) -> None:
    model = keras_net(either, activation, norm)
    model.set_weights(keras_arrays(our_net(activation, norm, seed=1)))
    for path in save_all(model, tmp_path):
        net = our_net(activation, norm, seed=2)
        assert distance(ours(net), theirs(model)) > 0.01
        load_keras_weights(net, path)
        assert distance(ours(net), theirs(model)) < TOLERANCE, path.name


def test_import_of_a_trained_softmax_net(either: Any, tmp_path: Path) -> None:
    """Statistics that moved, an optimizer in the file, probabilities out of logits."""
    model = keras_net(either, "prelu", "before", output="softmax")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images(), np.arange(50) % 3, epochs=30, batch_size=10, verbose=0)
    for path in save_all(model, tmp_path):
        net = our_net("prelu", "before")
        load_keras_weights(net, path)
        probabilities = torch.from_numpy(ours(net)).softmax(dim=1).numpy()
        assert distance(probabilities, theirs(model)) < TOLERANCE, path.name


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}, {"epsilon": 0.01}])
def test_import_of_other_batch_normalization(
    either: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    model = either.Sequential(
        [
            either.layers.Input((2, 3)),
            either.layers.Flatten(),
            either.layers.BatchNormalization(**options),
        ]
    )
    random = np.random.RandomState(0)
    model.set_weights([_random(random, w.shape) for w in model.get_weights()])
    for path in save_all(model, tmp_path):
        norm = KerasBatchNorm1d(6, eps=options.get("epsilon", 1e-3))
        net = nn.Sequential(nn.Flatten(), norm).eval()
        if path.name == "model.weights.h5" and "epsilon" not in options:
            with pytest.raises(InputError, match=r"1 layers .*|vars/0"):
                load_keras_weights(net, path)
            continue
        load_keras_weights(net, path)
        assert distance(ours(net), theirs(model)) < TOLERANCE, path.name


def test_part_of_a_model_with_other_layers(either: Any, tmp_path: Path) -> None:
    """A convolution and a model in the model are left out by name, and refused otherwise."""
    layers = either.layers
    inner = either.Sequential([layers.Input((12,)), layers.Dense(4), layers.Dense(3)])
    model = either.Sequential(
        [
            layers.Input((2, 3, 1)),
            layers.Conv2D(2, 1),
            layers.Flatten(),
            inner,
            layers.Dense(5, name="reused"),
        ]
    )
    kernel, bias = model.layers[-1].get_weights()
    for path in save_all(model, tmp_path):
        if path.name == "model.weights.h5":
            continue  # has no names with TensorFlow's Keras
        net = nn.Sequential(nn.Linear(3, 5))
        load_keras_weights(net, path, {"0": "reused"})
        x = torch.randn(4, 3)
        np.testing.assert_allclose(net(x).detach(), x.numpy() @ kernel + bias, atol=1e-6)
        for name in (model.layers[0].name, inner.name):
            with pytest.raises(InputError, match=name):
                load_keras_weights(net, path, {"0": name})


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_export_predicts_as_ours(
    either: Any, activation: str, norm: str, ending: str, tmp_path: Path
) -> None:
    net = our_net(activation, norm, dropout=lambda: AlphaDropout(0.2))
    path = tmp_path / f"net{ending}"
    save_keras(net, path, input_shape=(2, 3))
    model = either.models.load_model(path)
    assert distance(theirs(model), ours(net)) < TOLERANCE
    assert model.layers[-1].name == "output"
    for norm_layer in [layer for layer in model.layers if "norm" in layer.name]:
        assert norm_layer.momentum == pytest.approx(0.99)
        assert norm_layer.epsilon == 1e-3


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_export_can_predict_probabilities_and_be_trained(
    either: Any, ending: str, tmp_path: Path
) -> None:
    net = our_net("selu", "none")
    path = tmp_path / f"net{ending}"
    save_keras(net, path, (2, 3), output_activation="softmax")
    model = either.models.load_model(path)
    probabilities = torch.from_numpy(ours(net)).softmax(dim=1).numpy()
    assert distance(theirs(model), probabilities) < TOLERANCE
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(images(), np.arange(50) % 3, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    "module", [LeakyReLUNet, PReLUNet, BNBeforeActivation, BNAfterActivation, AlphaDropoutNet]
)
def test_the_chapters_nets_at_their_size(
    either: Any, module: Callable[[], Classifier], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    net = module().net
    x = torch.rand(200, 28, 28)
    net(x)  # moves the statistics, if there are some
    net.eval()
    save_keras(net, tmp_path / "net.keras", (28, 28))
    model = either.models.load_model(tmp_path / "net.keras")
    model.save(tmp_path / "back.h5")
    back = module().net.eval()
    load_keras_weights(back, tmp_path / "back.h5")
    with torch.no_grad():
        logits, back_logits = net(x).numpy(), back(x).numpy()
    keras_logits = np.asarray(model(x.numpy(), training=False))
    apart, largest = np.abs(keras_logits - logits).max(), np.abs(logits).max()
    print(f"{module.__name__}: logits {apart:.1e} apart, the largest {largest:.2f}")
    # Sums of 784 products in another order; the probabilities are within the tolerance.
    assert apart < 3 * TOLERANCE * largest
    probabilities = (torch.from_numpy(v.copy()).softmax(dim=1) for v in (keras_logits, logits))
    assert distance(*(p.numpy() for p in probabilities)) < TOLERANCE
    assert np.array_equal(back_logits, logits)


def test_arrays_of_a_model(either: Any) -> None:
    """`get_weights` and `set_weights` have the order and the shapes of ours."""
    net, other = our_net("prelu", "after", seed=1), our_net("prelu", "after", seed=2)
    model = keras_net(either, "prelu", "after")
    model.set_weights(keras_arrays(net))
    assert distance(theirs(model), ours(net)) < TOLERANCE
    assign_arrays(other, model.get_weights())
    assert np.array_equal(ours(other), ours(net))


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_export_of_layers_that_no_experiment_has(either: Any, ending: str, tmp_path: Path) -> None:
    """One slope for all units, batch normalization without gamma and beta, a net in a net."""
    norm = nn.BatchNorm1d(5, eps=1e-5, affine=False)
    moving = dict(norm.named_buffers())
    inner = nn.Sequential(nn.Linear(6, 5), norm, nn.PReLU())
    net = nn.Sequential(nn.Flatten(), inner, nn.ELU(0.7), nn.Linear(5, 2)).eval()
    nn.init.uniform_(moving["running_mean"])
    nn.init.uniform_(moving["running_var"], 0.5, 1)
    save_keras(net, tmp_path / f"net{ending}", (2, 3))
    model = either.models.load_model(tmp_path / f"net{ending}")
    assert distance(theirs(model), ours(net)) < TOLERANCE


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_the_chapters_net_of_a_hundred_layers(either: Any, ending: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = MLP(6, [100] * 100, 3, "selu", ACTIVATIONS["selu"].initializer).eval()
    path = tmp_path / f"net{ending}"
    save_keras(net, path, (2, 3))
    model = either.models.load_model(path)
    # A hundred layers amplify what float32 rounds, to 5e-4; but the weights are the same.
    assert distance(theirs(model), ours(net)) < 5e-3
    pairs = zip(model.get_weights(), keras_arrays(net), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    model.save(tmp_path / "back.h5")
    torch.manual_seed(1)
    back = MLP(6, [100] * 100, 3, "selu", ACTIVATIONS["selu"].initializer).eval()
    load_keras_weights(back, tmp_path / "back.h5")
    assert np.array_equal(ours(back), ours(net))
