"""Chapter 11, "SELU": a hundred layers, with an activation that keeps the signal alive or not.

Klambauer et al., "Self-Normalizing Neural Networks" (2017), https://arxiv.org/abs/1706.02515. The
inputs have to be standardized (``scaling: standardize``). SGD with a learning rate of 1e-3.
"""

from collections.abc import Sequence

from torch import nn

from dnn_techniques.layers import MLP, he_normal, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment

HUNDRED_LAYERS = (300, *[100] * 99)


@experiment
class SELU100Layers(ClassifierCard):
    """Dense 300, SELU, 99 times dense 100, SELU; dense 10. LeCun's initializer.

    Claim: a hundred plain layers can be trained, since the net normalizes itself. Documented after
    5 epochs on Fashion MNIST: val_loss .4907, val_accuracy .8218 (TensorFlow 2.4 edition), .4595
    and .8364 (TensorFlow 2.0 edition). The run is chaotic: a change of 1e-7 in the weights moves
    the first epoch's val_loss between .79 and .89.

    Args:
        hidden: Widths of the hidden layers.
    """

    hidden: Sequence[int] = HUNDRED_LAYERS

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)


@experiment
class ReLU100Layers(ClassifierCard):
    """Dense 300, ReLU, 99 times dense 100, ReLU; dense 10. He's initializer.

    Claim: gradients vanish or explode, and the net is not great at all. Documented
    after 5 epochs on Fashion MNIST (TensorFlow 2.4 edition): val_loss .6638, val_accuracy .7380.

    Args:
        hidden: Widths of the hidden layers.
    """

    hidden: Sequence[int] = HUNDRED_LAYERS

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "relu", he_normal)
