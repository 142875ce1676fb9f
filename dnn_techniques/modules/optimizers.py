"""Chapter 11, "Faster Optimizers": one net, the optimizers of the book's table."""

from collections.abc import Sequence

from torch.optim import Optimizer

from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import make_optimizer


class OptimizerNet(Classifier):
    """Two hidden SELU layers, LeCun's initializer, any optimizer at a constant rate.

    The inputs have to be standardized (``scaling: standardize``). Claim (table "Optimizer
    comparison"): momentum speeds SGD up, the adaptive optimizers converge fastest, Adagrad stops
    too early, and SGD finds no worse solutions in the end.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`.
        lr: Learning rate.

    Raises:
        ValueError: If the optimizer is unknown; its rate is checked when it is made.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        optimizer: str = "sgd",
        lr: float = 0.01,
    ) -> None:
        super().__init__(MLP(in_features, hidden, classes, "selu", lecun_normal))
        self.save_hyperparameters()
        self.optimizer = optimizer
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """The named optimizer."""
        return make_optimizer(self.optimizer, self.parameters(), self.lr)
