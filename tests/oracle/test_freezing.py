"""Phases of freezing beside Keras's: set ``trainable``, compile, fit."""

from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier
from dnn_techniques.optim import KerasNadam, KerasSGD, MaxNorm, Penalty
from dnn_techniques.reuse import Freezing, Phase

pytestmark = pytest.mark.oracle

SAMPLES, BATCH, EPOCHS = 90, 16, 2
LOWER = ["norm0", "hidden1", "norm1"]
# Layers that are frozen, and the optimizer, in each phase of `EPOCHS` epochs.
PHASES: list[tuple[list[str], str]] = [
    (LOWER, "momentum"),
    ([], "nadam"),
    (["hidden2", "norm2"], "nadam"),
    (["norm1"], "momentum"),
]
TOLERANCE = 2e-5
LAYERS = ["norm0", "hidden1", "norm1", "hidden2", "norm2", "output"]


class Net(Classifier):
    """Batch normalization, an l2 penalty and max-norm, also in frozen layers."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        super().__init__(
            MLP(20, (12, 8), 3, "tanh", norm="after", norm_first=True),
            penalties=[Penalty(l2=0.01)],
            constraints=[MaxNorm(0.7)],
        )

    def make_optimizer(self) -> Optimizer:
        return KerasNadam(self.parameters(), lr=0.01)


def samples() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(SAMPLES, 20, generator=generator)
    return x, (x[:, :3] * 2 + torch.randn(SAMPLES, 3, generator=generator)).argmax(dim=1)


def weights_of(layer: nn.Module) -> list[Any]:
    """In Keras's order and shapes."""
    if isinstance(layer, nn.BatchNorm1d):
        assert layer.running_mean is not None
        assert layer.running_var is not None
        return [
            t.detach().numpy()
            for t in (layer.weight, layer.bias, layer.running_mean, layer.running_var)
        ]
    assert isinstance(layer, nn.Linear)
    return [layer.weight.detach().numpy().T, layer.bias.detach().numpy()]


def keras_model(keras: Any, net: nn.Module) -> Any:
    def dense(units: int, name: str, activation: str) -> Any:
        return keras.layers.Dense(
            units,
            activation,
            name=name,
            kernel_regularizer=keras.regularizers.l2(0.01),
            kernel_constraint=keras.constraints.max_norm(0.7),
        )

    def norm(name: str) -> Any:
        return keras.layers.BatchNormalization(name=name)

    model = keras.Sequential(
        [
            keras.layers.Input((20,)),
            norm("norm0"),
            dense(12, "hidden1", "tanh"),
            norm("norm1"),
            dense(8, "hidden2", "tanh"),
            norm("norm2"),
            dense(3, "output", "softmax"),
        ]
    )
    for name in LAYERS:
        model.get_layer(name).set_weights(weights_of(net.get_submodule(name)))
    return model


def train_keras(keras: Any, net: nn.Module, recompile: bool = True) -> tuple[Any, float]:
    """The trained model and the last epoch's loss."""
    legacy = keras.optimizers.legacy
    optimizers = {
        "momentum": lambda: legacy.SGD(0.05, momentum=0.9),
        "nadam": lambda: legacy.Nadam(0.01),
    }
    model, (x, y) = keras_model(keras, net), samples()
    for i, (frozen, optimizer) in enumerate(PHASES):
        for layer in model.layers:
            layer.trainable = layer.name not in frozen
        if recompile or i == 0:
            model.compile(optimizers[optimizer](), "sparse_categorical_crossentropy")
        history = model.fit(
            x.numpy(), y.numpy(), BATCH, epochs=EPOCHS, shuffle=False, verbose=0
        ).history
    return model, history["loss"][-1]


def train_ours() -> tuple[Net, float]:
    module = Net()
    make = {"momentum": lambda p: KerasSGD(p, 0.05, 0.9), "nadam": None}
    phases = [
        Phase(frozen, after=i * EPOCHS, optimizer=make[name])
        for i, (frozen, name) in enumerate(PHASES)
    ]
    trainer = pl.Trainer(
        max_epochs=EPOCHS * len(PHASES),
        accelerator="cpu",
        callbacks=[Freezing(phases)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, DataLoader(TensorDataset(*samples()), BATCH))
    return module, trainer.callback_metrics["loss"].item()


def worst(model: Any, net: nn.Module) -> float:
    """Largest difference of a weight or statistic."""
    return max(
        float(np.abs(theirs - ours).max())
        for name in LAYERS
        for theirs, ours in zip(
            model.get_layer(name).get_weights(), weights_of(net.get_submodule(name)), strict=True
        )
    )


def test_phases_are_keras_s_recompilations(keras: Any) -> None:
    module, loss = train_ours()
    model, expected = train_keras(keras, Net().net)
    print(f"weights within {worst(model, module.net):.1e}, loss {loss:.6f} and {expected:.6f}")
    assert worst(model, module.net) < TOLERANCE
    assert loss == pytest.approx(expected, abs=1e-5)


def test_without_the_recompilation_it_is_another_training(keras: Any) -> None:
    module, _ = train_ours()
    model, _ = train_keras(keras, Net().net, recompile=False)
    assert worst(model, module.net) > 100 * TOLERANCE
