"""Chapter 11, "The Vanishing/Exploding Gradients Problems": a stack of equal layers.

Glorot & Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks" (2010),
https://proceedings.mlr.press/v9/glorot10a.html.
"""

from typing import Any, Literal

from torch import Tensor, nn
from torch.optim import Optimizer

from dnn_techniques.data import Block
from dnn_techniques.layers import (
    ACTIVATIONS,
    MLP,
    glorot_uniform,
    layer_signals,
    make_activation,
)
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasSGD


class PlainStack(Classifier):
    """Hidden layers of the same width and activation, trained by SGD.

    Claims: with the initialization of old times (a normal distribution of deviation 1) logistic and
    tanh layers saturate, and gradients vanish or explode on their way; the initializer that goes
    with the activation mends that. (Not for the logistic function: with Glorot's initializer its
    units do not saturate, but its gradient vanishes, since its slope is 1/4 at most.) Of the
    activations in general SELU > ELU > leaky ReLU > ReLU > tanh > logistic.

    Before the first step it measures the signal at each layer, see `layer_signals`: `output_std`,
    `saturated` and `gradient_rms` in `measured`.

    Args:
        in_features: Number of pixels of an image.
        depth: Number of hidden layers.
        units: Width of each.
        classes: Number of classes.
        activation: A name in `dnn_techniques.layers.ACTIVATIONS`.
        initializer: ``recommended``, the one that goes with the activation, or ``naive``, a normal
            distribution of mean 0 and standard deviation 1.
        lr: Learning rate of SGD.

    Raises:
        ValueError: If a size is below 1 or a name unknown.
    """

    def __init__(
        self,
        in_features: int = 784,
        depth: int = 20,
        units: int = 100,
        classes: int = 10,
        activation: str = "relu",
        initializer: Literal["recommended", "naive"] = "recommended",
        lr: float = 0.01,
    ) -> None:
        make_activation(activation, units)  # raises for an unknown name
        if initializer not in ("recommended", "naive"):
            raise ValueError(f"initializer must be recommended or naive, got {initializer!r}")
        fill = nn.init.normal_ if initializer == "naive" else ACTIVATIONS[activation].initializer
        output = nn.init.normal_ if initializer == "naive" else glorot_uniform
        widths = [units] * depth
        super().__init__(
            MLP(in_features, widths, classes, activation, fill, output_initializer=output)
        )
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Plain SGD."""
        return KerasSGD(self.parameters(), lr=self.lr)

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """Train; before the first step measure the signal."""
        if not self.measured:
            x, labels = next(iter(batch.minibatches())) if isinstance(batch, Block) else batch
            self.measured = self._signals(x, labels)
        super().training_step(batch, batch_idx)

    def _signals(self, x: Tensor, labels: Tensor) -> dict[str, list[float]]:
        layers = [m for name, m in self.net.named_children() if name.startswith("activation")]
        signals = layer_signals(self.net, layers, x, lambda logits: self.loss(logits, labels))
        return {
            "output_std": signals.std.tolist(),
            "saturated": signals.saturated.tolist(),
            "gradient_rms": signals.gradient_rms.tolist(),
        }
