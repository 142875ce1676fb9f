"""Chapter 11, "Batch Normalization": normalize the layers' inputs batch by batch.

Ioffe & Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift" (2015), https://arxiv.org/abs/1502.03167.
"""

from collections.abc import Sequence
from typing import Literal

from torch.optim import Optimizer

from dnn_techniques.layers import MLP
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasSGD


class BatchNormNet(Classifier):
    """Two hidden ReLU layers trained by SGD; with batch normalization the inputs have one too.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of SGD.
    """

    norm: Literal["none", "before", "after"]

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 1e-3,
    ) -> None:
        norm_first = self.norm != "none"
        super().__init__(MLP(in_features, hidden, classes, norm=self.norm, norm_first=norm_first))
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Plain SGD."""
        return KerasSGD(self.parameters(), lr=self.lr)


class BNAfterActivation(BatchNormNet):
    """BN, dense 300, ReLU, BN, dense 100, ReLU, BN, dense 10.

    Claim: with batch normalization a net of two hidden layers learns well from the first epoch.
    Documented after 10 epochs on Fashion MNIST (TensorFlow 2.4 edition): val_loss .3573,
    val_accuracy .8750. Parameters: 271,346, of which 268,978 trainable.
    """

    norm = "after"


class BNBeforeActivation(BatchNormNet):
    """BN, dense 300 without bias, BN, ReLU, dense 100 without bias, BN, ReLU, dense 10.

    Claim: normalizing before the activation sometimes works better than after it, which is
    debated. Documented after 10 epochs on Fashion MNIST: val_loss .3875, val_accuracy .8660
    (TensorFlow 2.4 edition), .3817 and .8676 (TensorFlow 2.0 edition). Parameters: 270,946, of
    which 268,578 trainable.
    """

    norm = "before"


class WithoutBN(BatchNormNet):
    """Dense 300, ReLU, dense 100, ReLU, dense 10: what both have to be better than."""

    norm = "none"
