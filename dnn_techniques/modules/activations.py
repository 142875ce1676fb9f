"""Chapter 11, "Nonsaturating Activation Functions": what comes after the sigmoid.

Two hidden layers of 300 and 100 units, He's initializer, SGD with a learning rate of 1e-3.
"""

from typing import Any

import torch
from torch import nn

from dnn_techniques.layers import ACTIVATIONS, MLP, dead_units, he_normal, make_activation
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured


@experiment
class LeakyReLUNet(ClassifierCard):
    """Dense 300, leaky ReLU, dense 100, leaky ReLU, dense 10 (Maas, Hannun & Ng 2013).

    Claim: a leaky ReLU never dies. Documented after 10 epochs on Fashion MNIST: val_loss .4817,
    val_accuracy .8396 (TensorFlow 2.4 edition), .4816 and .8396 (TensorFlow 2.0 edition).

    Args:
        slope: Slope below 0; Keras's default, where torch has 0.01.
    """

    slope: float = 0.3

    def make_net(self) -> nn.Module:
        """The layers, with one leaky ReLU each."""
        leaky = lambda units: nn.LeakyReLU(self.slope)  # noqa: E731
        return MLP(self.in_features, self.hidden, self.classes, leaky, he_normal)


@experiment
class PReLUNet(ClassifierCard):
    """Dense 300, PReLU, dense 100, PReLU, dense 10: a slope for each unit (He et al. 2015).

    Claim: a learned slope beats ReLU on large data sets and may overfit on small ones. Documented
    after 10 epochs on Fashion MNIST: val_loss .4826, val_accuracy .8398 (TensorFlow 2.4 edition),
    .4839 and .8378 (TensorFlow 2.0 edition).

    Args:
        slope: Where the slopes start, as Keras's do at 0; torch's start at 0.25.
    """

    slope: float = 0.0

    def make_net(self) -> nn.Module:
        """The layers, with one PReLU each."""

        def prelu(units: int) -> nn.Module:
            return nn.PReLU(units, init=self.slope)

        return MLP(self.in_features, self.hidden, self.classes, prelu, he_normal)


@experiment
class ActivationNet(ClassifierCard, Measured):
    """Dense 300, ReLU or another activation, dense 100, the same, dense 10.

    The activation's own initializer.

    Claims: with a large learning rate many ReLUs die, with leaky ones none; leaky ReLUs do better
    than ReLU; ELU needs fewer epochs. Beside its metrics it keeps in `measured` the share of
    hidden units that are dead (see `dead_units`) for all validation images: `dead_units`, before
    the first epoch and after each.

    Args:
        activation: A name in `dnn_techniques.layers.ACTIVATIONS`.

    Raises:
        ValueError: If the name is unknown.
    """

    activation: str = "relu"

    def __post_init__(self) -> None:
        make_activation(self.activation, 1)  # raises for an unknown name
        super().__post_init__()

    def make_net(self) -> MLP:
        """The layers."""
        initializer = ACTIVATIONS[self.activation].initializer
        return MLP(self.in_features, self.hidden, self.classes, self.activation, initializer)

    def on_train_start(self) -> None:
        """Count the units that are dead from the start."""
        if not self.measured:
            self.measured = {"dead_units": [self.dead_share()]}

    def on_train_epoch_end(self) -> None:
        """Count them again."""
        self.measured["dead_units"].append(self.dead_share())

    def dead_share(self) -> float:
        """Share of the hidden units that are dead for all validation images."""
        net: Any = self.net
        with torch.random.fork_rng():  # random slopes draw
            dead = dead_units(net, net.activations, self.validation_images())
        return torch.cat(dead).double().mean().item()
