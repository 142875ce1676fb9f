"""Chapter 11, "The Vanishing/Exploding Gradients Problems": a stack of equal layers.

Glorot & Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks" (2010),
https://proceedings.mlr.press/v9/glorot10a.html.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, Literal

from torch import Tensor, nn

from dnn_techniques.errors import near
from dnn_techniques.layers import (
    ACTIVATIONS,
    INITIALIZERS,
    MLP,
    glorot_uniform,
    layer_signals,
    make_activation,
)
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured


@experiment
class PlainStack(ClassifierCard, Measured):
    """Twenty times dense 100, ReLU or another activation; dense 10. SGD.

    Claims: with the initialization of old times (a normal distribution of deviation 1) logistic and
    tanh layers saturate, and gradients vanish or explode on their way; the initializer that goes
    with the activation mends that. (Not for the logistic function: with Glorot's initializer its
    units do not saturate, but its gradient vanishes, since its slope is 1/4 at most.) Of the
    activations in general SELU > ELU > leaky ReLU > ReLU > tanh > logistic.

    Before the first step it measures the signal at each layer, see `layer_signals`: `output_std`,
    `saturated` and `gradient_rms` in `measured`.

    Args:
        lr: Learning rate of SGD.
        depth: Number of hidden layers.
        units: Width of each.
        activation: A name in `dnn_techniques.layers.ACTIVATIONS`.
        initializer: ``recommended``, the one that goes with the activation, ``naive``, a normal
            distribution of mean 0 and standard deviation 1 (for the output layer too), or a name in
            `dnn_techniques.layers.INITIALIZERS`.
        norm: Batch normalization ``before`` or ``after`` each activation, or ``none``.

    Raises:
        ValueError: If a size is below 1 or a name unknown.
    """

    hidden: Sequence[int] = field(init=False)  # depth times units
    lr: float = 0.01
    depth: int = 20
    units: int = 100
    activation: str = "relu"
    initializer: str = "recommended"
    norm: Literal["none", "before", "after"] = "none"

    def __post_init__(self) -> None:
        make_activation(self.activation, self.units)  # raises for an unknown name
        known = ("recommended", "naive", *INITIALIZERS)
        if self.initializer not in known:
            raise ValueError(
                f"unknown initializer {self.initializer!r}: {near(self.initializer, known)}"
            )
        self.hidden = [self.units] * self.depth
        super().__post_init__()

    def make_net(self) -> nn.Module:
        """The layers."""
        initializers: dict[str, Callable[[Tensor], object]] = {
            "recommended": ACTIVATIONS[self.activation].initializer,
            "naive": nn.init.normal_,
            **INITIALIZERS,
        }
        naive = self.initializer == "naive"
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            self.activation,
            initializers[self.initializer],
            norm=self.norm,
            output_initializer=nn.init.normal_ if naive else glorot_uniform,
        )

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Measure the signal before the first step."""
        if not self.measured:
            self.measured = self.signals(*batch)

    def signals(self, x: Tensor, labels: Tensor) -> dict[str, list[float]]:
        """How a batch and its gradient fare on their way, by quantity, a value for each layer."""
        net = copy.deepcopy(self.net)  # whose moving averages may change
        layers = [m for name, m in net.named_children() if name.startswith("activation")]
        found = layer_signals(net, layers, x, lambda logits: self.loss(logits, labels))
        return {
            "output_std": found.std.tolist(),
            "saturated": found.saturated.tolist(),
            "gradient_rms": found.gradient_rms.tolist(),
        }
