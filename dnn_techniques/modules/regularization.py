"""Chapter 11, "Avoiding Overfitting Through Regularization".

Two hidden layers of 300 and 100 units on standardized inputs (``scaling: standardize``). Documented
figures are those of Fashion MNIST after the last epoch.
"""

from collections.abc import Sequence

from torch import nn
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
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.optim import KerasSGD, MaxNorm, Penalty


@experiment
class L2Net(ClassifierCard):
    """Dense 300, ELU, dense 100, ELU, dense 10; an l2 penalty on every kernel.

    He's initializer, Nadam or Adam.

    Claim: a penalty keeps the weights small; it is part of the reported losses. Documented after 2
    epochs: val_loss .6850, val_accuracy .8376 (TensorFlow 2.4 edition, Nadam), .6969 and .8322
    (TensorFlow 2.0 edition, Adam).

    Args:
        l2: Strength of the penalty.
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`.
        output_initializer: A name in `dnn_techniques.layers.INITIALIZERS`; ``he_normal`` is that of
            the net that the notebook builds with `functools.partial`, for all layers alike.

    Raises:
        ValueError: If the initializer is unknown.
    """

    l2: float = 0.01
    optimizer: str = "nadam"
    output_initializer: str = "glorot_uniform"

    def make_net(self) -> nn.Module:
        """The layers."""
        name = self.output_initializer
        if name not in INITIALIZERS:
            raise ValueError(f"unknown output_initializer {name!r}: {near(name, INITIALIZERS)}")
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "elu",
            he_normal,
            output_initializer=INITIALIZERS[name],
        )

    def make_penalties(self) -> Sequence[Penalty]:
        """The l2 penalty."""
        return [Penalty(l2=self.l2)]


@experiment
class L1L2Net(L2Net):
    """The net of `L2Net` with an l1 penalty on every kernel, alone or beside the l2 penalty.

    Claim: an l1 penalty makes a sparse model, with many weights at 0. The documents name
    ``l1(0.1)`` and ``l1_l2(0.1, 0.01)`` as what may stand in the place of ``l2(0.01)``, and print
    no figures of either.

    Args:
        l1: Strength of the l1 penalty.
        l2: Strength of the l2 penalty.
    """

    l1: float = 0.1
    l2: float = 0.0

    def make_penalties(self) -> Sequence[Penalty]:
        """Both penalties."""
        return [Penalty(self.l1, self.l2)]


@experiment
class DropoutNet(ClassifierCard):
    """Dropout, dense 300, ELU, dropout, dense 100, ELU, dropout, dense 10.

    He's initializer, Nadam.

    Claim: dropout (Hinton et al. 2012) is worth 1-2% even to good nets. Documented after 2 epochs:
    val_loss .3395, val_accuracy .8722 (TensorFlow 2.4 edition), .3390 and .8752 (TensorFlow 2.0
    edition).

    Args:
        rate: Share of the values to drop.
    """

    rate: float = 0.2

    optimizer = "nadam"

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "elu",
            he_normal,
            dropout=lambda: Dropout(self.rate),
        )


@experiment
class AlphaDropoutNet(ClassifierCard):
    """Alpha dropout, dense 300, SELU, alpha dropout, dense 100, SELU, alpha dropout, dense 10.

    LeCun's initializer, SGD with Nesterov momentum.

    Claim: alpha dropout (Klambauer et al. 2017) keeps a self-normalizing net normalized, which
    plain dropout would not. Documented after 20 epochs (TensorFlow 2.4 edition): val_loss .4388,
    val_accuracy .8760.

    Args:
        lr: Learning rate of SGD.
        momentum: Momentum of SGD.
        nesterov: Whether it is Nesterov's.
        rate: Share of the values to drop.
    """

    lr: float = 0.01
    momentum: float = 0.9
    nesterov: bool = True
    rate: float = 0.2

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "selu",
            lecun_normal,
            dropout=lambda: AlphaDropout(self.rate),
        )

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum, self.nesterov)


@experiment
class MaxNormNet(ClassifierCard):
    """Dense 300, SELU, dense 100, SELU, dense 10; max-norm on the hidden kernels.

    LeCun's initializer, Nadam.

    Claim: bounding each unit's incoming weights regularizes without a term in the loss. Documented
    after 2 epochs: val_loss .3714, val_accuracy .8662 (TensorFlow 2.4 edition), .3386 and .8766
    (TensorFlow 2.0 edition).

    Args:
        max_norm: Largest norm of a unit's incoming weights.
    """

    max_norm: float = 1.0

    optimizer = "nadam"

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)

    def make_constraints(self) -> Sequence[MaxNorm]:
        """Max-norm."""
        return [MaxNorm(self.max_norm, pattern="hidden*")]
