"""Chapter 11, "Gradient Clipping": against exploding gradients.

Pascanu, Mikolov & Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013),
https://arxiv.org/abs/1211.5063.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.optim import Optimizer

from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.optim import Clipping, KerasSGD

# A checkpoint of the net holds one.
torch.serialization.add_safe_globals([Clipping])


@experiment
class ClippedNet(ClassifierCard):
    """Twenty times dense 100, ELU; dense 10. He's initializer, SGD with momentum.

    The learning rate is too high for so deep a net, unless its gradients are clipped.

    Claim: clipping keeps the gradients from exploding. Clipping by value may turn the gradient
    ([0.9, 100] becomes [0.9, 1]), clipping by norm keeps its direction.

    Args:
        hidden: Widths of the hidden layers.
        lr: Learning rate of SGD.
        momentum: Momentum of SGD.
        clipping: How to clip, if at all.
    """

    hidden: Sequence[int] = (100,) * 20
    lr: float = 0.03
    momentum: float = 0.9
    clipping: Clipping | None = None

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", he_normal)

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum)
