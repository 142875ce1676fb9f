"""Chapter 11, "Summary and Practical Guidelines": the book's two default configurations.

Both train by SGD with momentum under a 1cycle schedule (Smith 2018) on standardized inputs
(``scaling: standardize``). The tables name no widths: by default they are those of the chapter's
nets.
"""

from collections.abc import Sequence
from typing import Literal

from torch import nn

from dnn_techniques.layers import MLP, AlphaDropout, he_normal, lecun_normal
from dnn_techniques.modules.card import experiment
from dnn_techniques.modules.one_cycle_momentum import OneCycleMomentumNet
from dnn_techniques.optim import Penalty


@experiment
class DefaultNet(OneCycleMomentumNet):
    """Dense 300, ELU, dense 100, ELU, dense 10: table "Default DNN configuration".

    He's initializer, batch normalization only if the net is deep, an l2 penalty if needed.

    Args:
        norm: Batch normalization ``before`` or ``after`` each activation, or ``none``.
        l2: Strength of the l2 penalty.
    """

    norm: Literal["none", "before", "after"] = "none"
    l2: float = 1e-4

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", he_normal, norm=self.norm)

    def make_penalties(self) -> Sequence[Penalty]:
        """The l2 penalty."""
        return [Penalty(l2=self.l2)]


@experiment
class SelfNormalizingNet(OneCycleMomentumNet):
    """Alpha dropout, dense 300, SELU, alpha dropout, dense 100, SELU, alpha dropout, dense 10.

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
