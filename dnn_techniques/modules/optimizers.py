"""Chapter 11, "Faster Optimizers": one net, the optimizers of the book's table."""

from torch import nn

from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment


@experiment
class OptimizerNet(ClassifierCard):
    """Dense 300, SELU, dense 100, SELU, dense 10; any optimizer at a constant rate.

    LeCun's initializer; the inputs have to be standardized (``scaling: standardize``). Claim (table
    "Optimizer comparison"): momentum speeds SGD up, the adaptive optimizers converge fastest,
    Adagrad stops too early, and SGD finds no worse solutions in the end.

    Args:
        lr: Learning rate.
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`.
    """

    lr: float = 0.01
    optimizer: str = "sgd"

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)
