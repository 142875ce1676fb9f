"""Chapter 11, "Learning Rate Scheduling": 1cycle for SGD with momentum (Smith 2018)."""

from dataclasses import field

from torch.optim import Optimizer

from dnn_techniques.checks import check_positive
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.optim import KerasSGD, one_cycle


@experiment
class OneCycleMomentumNet(ClassifierCard):
    """Any net, trained by SGD with momentum: as the rate goes up and back, momentum goes down.

    Args:
        max_lr: Highest rate of the cycle; it starts from a tenth.
        max_momentum: Momentum of the first step, and again of the last ones.
        base_momentum: Momentum at the highest rate; the same as `max_momentum` for a constant one.
        nesterov: Whether it is Nesterov's.
    """

    lr: float = field(init=False)  # the cycle has it
    max_lr: float = 0.05
    max_momentum: float = 0.95
    base_momentum: float = 0.85
    nesterov: bool = False

    def __post_init__(self) -> None:
        check_positive(max_lr=self.max_lr)
        self.lr = self.max_lr / 10
        super().__post_init__()

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum, at the rate from which the cycle starts."""
        return KerasSGD(self.parameters(), self.lr, self.max_momentum, self.nesterov)

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """1cycle over the whole training."""
        return one_cycle(
            optimizer,
            self.max_lr,
            max(self.total_steps(), 3),  # a trial may end before the cycle does
            cycle_momentum=True,
            base_momentum=self.base_momentum,
            max_momentum=self.max_momentum,
        )
