"""Chapter 10: a threshold unit that learns by the perceptron rule, and the playground's nets."""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from dnn_techniques.layers import MLP, Dense, heaviside
from dnn_techniques.modules.card import BinaryClassifierCard, experiment


@experiment
class ThresholdUnit(BinaryClassifierCard):
    """A single threshold logic unit, which starts at 0, and the perceptron rule.

    The rule is SGD with minibatches of 1 and the loss (output - target) times the weighted sum: its
    gradient is (output - target) x, equation 10-3 (Rosenblatt 1958). The unit fires where its sum
    is 0, see `heaviside`. Claim: the rule converges where a line separates the classes.

    Args:
        in_features: Number of inputs.
        hidden: None, since a step has no gradient that a hidden layer could follow.
        lr: Learning rate; from weights of 0 on it scales them and changes no output.
    """

    in_features: int = 2
    hidden: Sequence[int] = ()
    lr: float = 1.0

    def __post_init__(self) -> None:
        if self.hidden:
            raise ValueError("hidden must be empty: the perceptron rule trains one layer")
        super().__post_init__()

    def make_net(self) -> nn.Module:
        """The weighted sum."""
        return nn.Sequential(Dense(self.in_features, 1, nn.init.zeros_))

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean of (output - target) times the weighted sum, a scalar: at least 0, 0 if all fit."""
        sums = outputs[:, 0]
        return ((heaviside(sums.detach()) - targets) * sums).mean()

    def hits(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which samples are classified correctly, bool, (n,)."""
        return heaviside(outputs[:, 0]) == targets


@experiment
class PlaygroundNet(BinaryClassifierCard):
    """A small net of tanh or ReLU units for points of the plane: exercise 1.

    SGD at the playground's rate. Its weights begin between -1/2 and 1/2 there, here by Glorot's
    initializer. Claims: three units of one hidden layer sometimes stick in a local minimum, two are
    too few, eight are consistently fast.

    Args:
        in_features: Number of inputs.
        hidden: Widths of the hidden layers.
        lr: Learning rate.
        activation: A name in `dnn_techniques.layers.ACTIVATIONS`.
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`.
    """

    in_features: int = 2
    hidden: Sequence[int] = (3,)
    lr: float = 0.03
    activation: str = "tanh"
    optimizer: Literal["sgd", "adam"] = "sgd"

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, 1, self.activation)
