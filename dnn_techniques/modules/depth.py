"""Chapter 11, "SELU": a hundred layers, with an activation that keeps the signal alive or not.

Klambauer et al., "Self-Normalizing Neural Networks" (2017), https://arxiv.org/abs/1706.02515. The
inputs have to be standardized (``scaling: standardize``).
"""

from collections.abc import Sequence

from torch.optim import Optimizer

from dnn_techniques.layers import ACTIVATIONS, MLP
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasSGD

HUNDRED_LAYERS = (300, *[100] * 99)


class DeepNet(Classifier):
    """A hundred hidden layers with the activation that a subclass names, and its initializer.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of SGD.
    """

    activation: str

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = HUNDRED_LAYERS,
        classes: int = 10,
        lr: float = 1e-3,
    ) -> None:
        initializer = ACTIVATIONS[self.activation].initializer
        super().__init__(MLP(in_features, hidden, classes, self.activation, initializer))
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Plain SGD."""
        return KerasSGD(self.parameters(), lr=self.lr)


class SELU100Layers(DeepNet):
    """SELU with LeCun's initializer: the net normalizes itself.

    Claim: a hundred plain layers can be trained. Documented after 5 epochs on Fashion MNIST:
    val_loss .4907, val_accuracy .8218 (TensorFlow 2.4 edition), .4595 and .8364 (TensorFlow 2.0
    edition). The run is chaotic: a change of 1e-7 in the weights moves the first epoch's val_loss
    between .79 and .89.
    """

    activation = "selu"


class ReLU100Layers(DeepNet):
    """ReLU with He's initializer at the same depth.

    Claim: gradients vanish or explode, and the net learns much worse than with SELU. Documented
    after 5 epochs on Fashion MNIST (TensorFlow 2.4 edition): val_loss .6638, val_accuracy .7380.
    """

    activation = "relu"
