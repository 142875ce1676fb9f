"""The notes' deep net for the digits 0 to 4, reused for 5 to 9 (exercises 8 and 9)."""

from collections.abc import Sequence
from typing import Literal

from torch import nn
from torch.optim import Optimizer

from dnn_techniques.errors import near
from dnn_techniques.layers import ELU, INITIALIZERS, MLP, Dropout, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.optim import KerasAdam

# TensorFlow 1's, ten times less than Keras's.
ADAM_EPSILON = 1e-8


@experiment
class MNISTDigitsNet(ClassifierCard):
    """Five times dense 100, ELU; dense 5. If wanted, dropout before and BN after each dense 100.

    LeCun's initializer, Adam. The notes call their initializer He's. TensorFlow 1's
    `variance_scaling_initializer()` has the scale 1, which is LeCun's.

    Claims: batch normalization converges faster and overfits; dropout overfits less and is no
    better on the test set; of five hidden layers the fewer are frozen, the better.

    Args:
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        activation: ``elu`` or ``leaky_relu``.
        slope: Slope of the leaky ReLU below 0.
        beta1: Share of the first moment that a step keeps.
        beta2: Share of the second moment that a step keeps.
        norm_decay: With batch normalization before each activation, which keeps this share of its
            moving averages; None for none.
        rate: Share of the inputs of each hidden layer to drop.
        output_initializer: A name in `dnn_techniques.layers.INITIALIZERS`.

    Raises:
        ValueError: If a name is unknown.
    """

    hidden: Sequence[int] = (100, 100, 100, 100, 100)
    classes: int = 5
    activation: Literal["elu", "leaky_relu"] = "elu"
    slope: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    norm_decay: float | None = None
    rate: float = 0.0
    output_initializer: str = "lecun_normal"

    def make_net(self) -> nn.Module:
        """The layers; the output layer gets all its inputs."""
        name = self.output_initializer
        if name not in INITIALIZERS:
            raise ValueError(f"unknown output_initializer {name!r}: {near(name, INITIALIZERS)}")
        if self.activation not in ("elu", "leaky_relu"):
            raise ValueError(f"activation must be elu or leaky_relu, got {self.activation!r}")
        net = MLP(
            self.in_features,
            self.hidden,
            self.classes,
            lambda units: ELU() if self.activation == "elu" else nn.LeakyReLU(self.slope),
            lecun_normal,
            norm="none" if self.norm_decay is None else "before",
            norm_decay=self.norm_decay or 0.0,
            dropout=(lambda: Dropout(self.rate)) if self.rate else None,
            output_initializer=INITIALIZERS[name],
        )
        if self.rate:
            delattr(net, f"dropout{len(self.hidden)}")
        return net

    def make_optimizer(self) -> Optimizer:
        """Adam with TensorFlow 1's epsilon."""
        return KerasAdam(self.parameters(), self.lr, (self.beta1, self.beta2), ADAM_EPSILON)
