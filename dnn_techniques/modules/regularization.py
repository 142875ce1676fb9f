"""Chapter 11, "Avoiding Overfitting Through Regularization".

Two hidden layers of 300 and 100 units on standardized inputs (``scaling: standardize``). Documented
figures are those of Fashion MNIST after the last epoch.
"""

from collections.abc import Sequence

from torch.optim import Optimizer

from dnn_techniques.errors import near
from dnn_techniques.layers import (
    INITIALIZERS,
    MLP,
    AlphaDropout,
    Dropout,
    he_normal,
    lecun_normal,
)
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasNadam, KerasSGD, MaxNorm, Penalty, make_optimizer


class L2Net(Classifier):
    """ELU, He's initializer, an l2 penalty of 0.01 on every kernel, Nadam or Adam.

    Claim: a penalty keeps the weights small; it is part of the reported losses. Documented after 2
    epochs: val_loss .6850, val_accuracy .8376 (TensorFlow 2.4 edition, Nadam), .6969 and .8322
    (TensorFlow 2.0 edition, Adam).

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate.
        l2: Strength of the penalty.
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`.
        output_initializer: A name in `dnn_techniques.layers.INITIALIZERS`; ``he_normal`` is that of
            the net that the notebook builds with `functools.partial`, for all layers alike.

    Raises:
        ValueError: If a name is unknown.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 1e-3,
        l2: float = 0.01,
        optimizer: str = "nadam",
        output_initializer: str = "glorot_uniform",
    ) -> None:
        if output_initializer not in INITIALIZERS:
            known = near(output_initializer, INITIALIZERS)
            raise ValueError(f"unknown output_initializer {output_initializer!r}: {known}")
        fill = INITIALIZERS[output_initializer]
        net = MLP(in_features, hidden, classes, "elu", he_normal, output_initializer=fill)
        super().__init__(net, penalties=[Penalty(l2=l2)])
        self.save_hyperparameters()
        self.lr = lr
        self.optimizer = optimizer

    def make_optimizer(self) -> Optimizer:
        """The named optimizer."""
        return make_optimizer(self.optimizer, self.parameters(), self.lr)


class DropoutNet(Classifier):
    """ELU, He's initializer, dropout of the inputs and before every other dense layer, Nadam.

    Claim: dropout (Hinton et al. 2012) is worth 1-2% even to good nets. Documented after 2 epochs:
    val_loss .3395, val_accuracy .8722 (TensorFlow 2.4 edition), .3390 and .8752 (TensorFlow 2.0
    edition).

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of Nadam.
        rate: Share of the values to drop.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 1e-3,
        rate: float = 0.2,
    ) -> None:
        super().__init__(
            MLP(in_features, hidden, classes, "elu", he_normal, dropout=lambda: Dropout(rate))
        )
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Nadam."""
        return KerasNadam(self.parameters(), lr=self.lr)


class AlphaDropoutNet(Classifier):
    """SELU, LeCun's initializer, alpha dropout, SGD with Nesterov momentum.

    Claim: alpha dropout (Klambauer et al. 2017) keeps a self-normalizing net normalized, which
    plain dropout would not. Documented after 20 epochs (TensorFlow 2.4 edition): val_loss .4388,
    val_accuracy .8760.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of SGD.
        momentum: Nesterov momentum.
        rate: Share of the values to drop.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 0.01,
        momentum: float = 0.9,
        rate: float = 0.2,
    ) -> None:
        super().__init__(
            MLP(
                in_features,
                hidden,
                classes,
                "selu",
                lecun_normal,
                dropout=lambda: AlphaDropout(rate),
            )
        )
        self.save_hyperparameters()
        self.lr = lr
        self.momentum = momentum

    def make_optimizer(self) -> Optimizer:
        """SGD with Nesterov momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum, nesterov=True)


class MaxNormNet(Classifier):
    """SELU, LeCun's initializer, max-norm on the hidden kernels, Nadam.

    Claim: bounding each unit's incoming weights regularizes without a term in the loss. Documented
    after 2 epochs: val_loss .3714, val_accuracy .8662 (TensorFlow 2.4 edition), .3386 and .8766
    (TensorFlow 2.0 edition).

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of Nadam.
        max_norm: Largest norm of a unit's incoming weights.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 1e-3,
        max_norm: float = 1.0,
    ) -> None:
        super().__init__(
            MLP(in_features, hidden, classes, "selu", lecun_normal),
            constraints=[MaxNorm(max_norm, pattern="hidden*")],
        )
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Nadam."""
        return KerasNadam(self.parameters(), lr=self.lr)
