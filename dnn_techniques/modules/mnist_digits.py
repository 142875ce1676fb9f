"""The notes' deep net for the digits 0 to 4, reused for 5 to 9 (exercises 8 and 9)."""

from collections.abc import Sequence
from typing import Literal

from torch.optim import Optimizer

from dnn_techniques.errors import near
from dnn_techniques.layers import INITIALIZERS, MLP, Dropout, lecun_normal
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasAdam

# TensorFlow 1's, ten times less than Keras's.
ADAM_EPSILON = 1e-8


class MNISTDigitsNet(Classifier):
    """Five hidden layers for five digits, Adam.

    Claims: batch normalization converges faster and overfits; dropout overfits less and is no
    better on the test set; of five hidden layers the fewer are frozen, the better.

    The notes call their initializer He's. TensorFlow 1's `variance_scaling_initializer()` has the
    scale 1, which is LeCun's.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        activation: ``elu``, or ``leaky_relu`` with the notes' slope of 0.01.
        lr: Learning rate of Adam.
        beta1: Share of the first moment that a step keeps.
        beta2: Share of the second moment that a step keeps.
        norm_decay: With batch normalization before each activation, which keeps this share of its
            moving averages; None for none.
        rate: Share of the inputs of each hidden layer to drop.
        output_initializer: A name in `dnn_techniques.layers.INITIALIZERS`.

    Raises:
        ValueError: If a name is unknown.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (100, 100, 100, 100, 100),
        classes: int = 5,
        activation: Literal["elu", "leaky_relu"] = "elu",
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        norm_decay: float | None = None,
        rate: float = 0.0,
        output_initializer: str = "lecun_normal",
    ) -> None:
        if output_initializer not in INITIALIZERS:
            known = near(output_initializer, INITIALIZERS)
            raise ValueError(f"unknown output_initializer {output_initializer!r}: {known}")
        if activation not in ("elu", "leaky_relu"):
            raise ValueError(f"activation must be elu or leaky_relu, got {activation!r}")
        net = MLP(
            in_features,
            hidden,
            classes,
            activation="elu" if activation == "elu" else "leaky_relu_0.01",
            initializer=lecun_normal,
            norm="none" if norm_decay is None else "before",
            norm_decay=norm_decay or 0.0,
            dropout=(lambda: Dropout(rate)) if rate else None,
            output_initializer=INITIALIZERS[output_initializer],
        )
        if rate:
            delattr(net, f"dropout{len(hidden)}")  # the output layer gets all its inputs
        super().__init__(net)
        self.save_hyperparameters()
        self.lr = lr
        self.betas = beta1, beta2

    def make_optimizer(self) -> Optimizer:
        """Adam with TensorFlow 1's epsilon."""
        return KerasAdam(self.parameters(), self.lr, self.betas, ADAM_EPSILON)
