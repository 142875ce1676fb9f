"""Replays beside real trainings by Keras, in settings that are in no document.

The Keras of TensorFlow 2.4 drew from TensorFlow's global generators; later ones have generators of
their own. The layers and initializers below draw as the old ones did; `fit`, its shuffling and the
random operations are TensorFlow's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, AlphaDropout, Dropout, VarianceScaling, he_normal
from dnn_techniques.optim import make_optimizer
from dnn_techniques.replay import KerasShuffle, keras_like_init, replay_dropout

pytestmark = pytest.mark.oracle

EPOCHS = 2
# Float32 sums in another order, over some hundred steps.
TOLERANCE = 2e-5


@dataclass(frozen=True)
class Setting:
    """A training, of which the documents have none."""

    seed: int
    data: str
    samples: int
    batch_size: int
    hidden: tuple[int, ...]
    earlier: int  # kernels drawn before the net's own
    dropout: str = "none"
    optimizer: str = "sgd"
    lr: float = 0.01


SETTINGS = [
    Setting(1, "mnist", 3000, 32, (64, 32), 0),
    Setting(7, "mnist", 2010, 50, (30, 20, 10), 4, optimizer="momentum"),
    Setting(2021, "fashion_mnist", 1999, 16, (50,), 2, dropout="plain"),
    Setting(42, "mnist", 2501, 64, (40, 30), 1, dropout="alpha", optimizer="nesterov"),
    Setting(3, "fashion_mnist", 1111, 128, (), 0, dropout="plain", optimizer="adam", lr=1e-3),
]


def images(setting: Setting) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    arrays = load(setting.data, None)
    x = (arrays.x_train[: setting.samples] / 255).astype(np.float32)
    return x, arrays.y_train[: setting.samples].astype(np.int64)


def train_keras(keras: Any, setting: Setting) -> list[NDArray[np.float32]]:
    """The weights that Keras ends with."""
    import tensorflow as tf

    class Initializer(keras.initializers.Initializer):  # type: ignore[misc]
        """Draws from the global generator, as Keras did."""

        def __init__(self, ours: VarianceScaling) -> None:
            self.ours = ours

        def __call__(self, shape: Sequence[int], dtype: Any = None, **_: Any) -> Any:
            width = self.ours.width(torch.empty(*reversed(shape)))
            if self.ours.distribution == "uniform":
                return tf.random.uniform(shape, -width, width)
            return tf.random.truncated_normal(shape, 0.0, width)

    class OldDropout(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any, training: bool = False) -> Any:
            return tf.nn.dropout(x, 0.2) if training else x

    numpy_seeds: Any = np.random.RandomState(setting.seed)

    class OldAlphaDropout(keras.layers.Layer):  # type: ignore[misc]
        op_seed: int | None = None

        def build(self, shape: Any) -> None:
            numpy_seeds.randint(10e6)  # what the old layer drew for the net's own graph

        def call(self, x: Any, training: bool = False) -> Any:
            if not training:
                return x
            if self.op_seed is None:  # later versions trace a step twice
                self.op_seed = numpy_seeds.randint(10e6)
            u = tf.random.uniform(tf.shape(x), seed=self.op_seed)
            kept = tf.cast(u >= 0.2, x.dtype)
            alpha = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
            a = (0.8 * (1 + 0.2 * alpha**2)) ** -0.5
            return a * (x * kept + alpha * (1 - kept)) - a * alpha * 0.2

    drop = {"none": None, "plain": OldDropout, "alpha": OldAlphaDropout}[setting.dropout]
    tf.random.set_seed(setting.seed)
    for _ in range(setting.earlier):
        tf.random.uniform([3, 2])
    net = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28))])
    for units in setting.hidden:
        if drop:
            net.add(drop())
        net.add(keras.layers.Dense(units, "relu", kernel_initializer=Initializer(he_normal)))
    if drop:
        net.add(drop())
    glorot = Initializer(VarianceScaling(1, "fan_avg", "uniform"))
    net.add(keras.layers.Dense(10, "softmax", kernel_initializer=glorot))
    legacy = keras.optimizers.legacy
    optimizer = {
        "sgd": lambda: legacy.SGD(setting.lr),
        "momentum": lambda: legacy.SGD(setting.lr, momentum=0.9),
        "nesterov": lambda: legacy.SGD(setting.lr, momentum=0.9, nesterov=True),
        "adam": lambda: legacy.Adam(setting.lr),
    }[setting.optimizer]()
    net.compile(optimizer, "sparse_categorical_crossentropy")
    x, y = images(setting)
    net.fit(x, y, batch_size=setting.batch_size, epochs=EPOCHS, verbose=0)
    weights: list[NDArray[np.float32]] = net.get_weights()
    return weights


def train_torch(setting: Setting, shuffle_seed: int | None = None) -> list[NDArray[np.float32]]:
    """The weights of the replay, in Keras's layout."""
    drop = {
        "none": None,
        "plain": lambda: Dropout(0.2),
        "alpha": lambda: AlphaDropout(0.2),
    }[setting.dropout]
    net = MLP(784, setting.hidden, 10, "relu", he_normal, dropout=drop)
    keras_like_init(net, setting.seed, setting.earlier)
    replay_dropout(net, setting.seed)
    optimizer = make_optimizer(setting.optimizer, net.parameters(), setting.lr)
    shuffle = KerasShuffle(setting.seed if shuffle_seed is None else shuffle_seed)
    x, y = map(torch.from_numpy, images(setting))
    for _ in range(EPOCHS):
        for chosen in shuffle(len(x)).split(setting.batch_size):
            optimizer.zero_grad()
            F.cross_entropy(net(x[chosen]), y[chosen]).backward()
            optimizer.step()
    return [p.detach().numpy().T for p in net.parameters()]


@pytest.mark.real_data
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_a_replay_ends_with_keras_s_weights(keras: Any, setting: Setting) -> None:
    expected, ours = train_keras(keras, setting), train_torch(setting)
    distance = max(np.abs(a - b).max() for a, b in zip(expected, ours, strict=True))
    print(f"{setting}: largest distance {distance:.1e}")
    assert distance < TOLERANCE
    # Another order of the samples would end far away.
    other = train_torch(setting, shuffle_seed=setting.seed + 1)
    assert np.abs(other[0] - ours[0]).max() > 50 * TOLERANCE


def test_eager_draws_are_tensorflow_s(keras: Any) -> None:
    import tensorflow as tf

    from dnn_techniques.replay import draw_seed, normal, truncated_normal, uniform

    tf.random.set_seed(99)
    pairs = [
        (tf.random.normal([37, 11], 0.0, 0.3), normal([37, 11], 0.3, 99, draw_seed(99, 0))),
        (tf.random.uniform([9], -2.0, 5.0), uniform([9], -2, 5, 99, draw_seed(99, 1))),
        (
            tf.random.truncated_normal([501, 3], 0.0, 2.0),
            truncated_normal([501, 3], 2.0, 99, draw_seed(99, 2)),
        ),
    ]
    for expected, ours in pairs:
        np.testing.assert_allclose(ours, expected.numpy(), atol=2e-7, rtol=2e-7)
