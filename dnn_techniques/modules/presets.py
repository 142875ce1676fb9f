"""Chapter 11, "Summary and Practical Guidelines": the book's two default configurations.

Both train by SGD with momentum under a 1cycle schedule (Smith 2018) on standardized inputs
(``scaling: standardize``).
"""

from collections.abc import Sequence

from torch.optim import Optimizer

from dnn_techniques.layers import MLP, AlphaDropout, he_normal, lecun_normal
from dnn_techniques.modules.classifier import AnySchedule, Classifier, Interval
from dnn_techniques.optim import KerasSGD, Penalty, one_cycle


class OneCycleMomentumNet(Classifier):
    """What both configurations share: SGD with Nesterov momentum, and 1cycle."""

    max_lr: float
    momentum: float

    def make_optimizer(self) -> Optimizer:
        """SGD with Nesterov momentum, at the rate from which the cycle starts."""
        return KerasSGD(self.parameters(), self.max_lr / 10, self.momentum, nesterov=True)

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """1cycle per step."""
        return one_cycle(optimizer, self.max_lr, steps=self.total_steps()), "step"


class DefaultNet(OneCycleMomentumNet):
    """Table "Default DNN configuration": He initialization, ELU, no normalization, l2 if needed.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        max_lr: Highest rate of the cycle.
        momentum: Nesterov momentum.
        l2: Strength of the l2 penalty.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (512, 256),
        classes: int = 10,
        max_lr: float = 0.05,
        momentum: float = 0.9,
        l2: float = 1e-4,
    ) -> None:
        super().__init__(
            MLP(in_features, hidden, classes, "elu", he_normal), penalties=[Penalty(l2=l2)]
        )
        self.save_hyperparameters()
        self.max_lr = max_lr
        self.momentum = momentum


class SelfNormalizingNet(OneCycleMomentumNet):
    """Table "DNN configuration for a self-normalizing net": LeCun initialization, SELU.

    No normalization, alpha dropout if needed.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        max_lr: Highest rate of the cycle.
        momentum: Nesterov momentum.
        rate: Share of the values that alpha dropout drops, of the inputs too.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (512, 256),
        classes: int = 10,
        max_lr: float = 0.05,
        momentum: float = 0.9,
        rate: float = 0.05,
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
        self.max_lr = max_lr
        self.momentum = momentum
