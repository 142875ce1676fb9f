"""Chapter 11, "Summary and Practical Guidelines": the book's two default configurations.

Both train by SGD with momentum under a 1cycle schedule (Smith 2018) on standardized inputs
(``scaling: standardize``).
"""

from collections.abc import Sequence
from dataclasses import field

from torch import nn
from torch.optim import Optimizer

from dnn_techniques.layers import MLP, AlphaDropout, he_normal, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.optim import KerasSGD, Penalty, one_cycle


@experiment
class OneCycleMomentumNet(ClassifierCard):
    """What both configurations share: SGD with momentum, and 1cycle.

    Args:
        hidden: Widths of the hidden layers.
        max_lr: Highest rate of the cycle; it starts from a tenth.
        momentum: Momentum of SGD.
        nesterov: Whether it is Nesterov's.
    """

    hidden: Sequence[int] = (512, 256)
    lr: float = field(init=False)  # the cycle has it
    max_lr: float = 0.05
    momentum: float = 0.9
    nesterov: bool = True

    def __post_init__(self) -> None:
        self.lr = self.max_lr / 10
        super().__post_init__()

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum, at the rate from which the cycle starts."""
        return KerasSGD(self.parameters(), self.lr, self.momentum, self.nesterov)

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """1cycle over the whole training."""
        steps = max(self.total_steps(), 3)  # a trial may end before the cycle does
        return one_cycle(optimizer, self.max_lr, steps)


@experiment
class DefaultNet(OneCycleMomentumNet):
    """Dense 512, ELU, dense 256, ELU, dense 10: table "Default DNN configuration".

    He's initializer, no normalization, an l2 penalty if needed.

    Args:
        l2: Strength of the l2 penalty.
    """

    l2: float = 1e-4

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", he_normal)

    def make_penalties(self) -> Sequence[Penalty]:
        """The l2 penalty."""
        return [Penalty(l2=self.l2)]


@experiment
class SelfNormalizingNet(OneCycleMomentumNet):
    """Alpha dropout, dense 512, SELU, alpha dropout, dense 256, SELU, alpha dropout, dense 10.

    Table "DNN configuration for a self-normalizing net": LeCun's initializer, no normalization,
    alpha dropout if needed.

    Args:
        rate: Share of the values that alpha dropout drops, of the inputs too.
    """

    rate: float = 0.05

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
