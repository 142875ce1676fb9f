"""Chapter 11, "Learning Rate Scheduling": one net, nine ways to change the rate.

Dense 300, SELU, dense 100, SELU, dense 10 on standardized inputs (``scaling: standardize``), 25
epochs of Fashion MNIST. Documented figures are those of the TensorFlow 2.4 edition after the last
epoch, unless said otherwise.
"""

from collections.abc import Sequence

from torch import nn
from torch.optim import Optimizer

from dnn_techniques.checks import check_positive
from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.modules.one_cycle_momentum import OneCycleMomentumNet
from dnn_techniques.optim import (
    KerasSGD,
    exponential,
    one_cycle,
    piecewise_constant,
    power,
    reduce_on_plateau,
)

# In so many epochs the notebook's exponential schedules make the rate a tenth.
EPOCHS_TO_A_TENTH = 20


@experiment
class ScheduledNet(ClassifierCard):
    """The net of the section with LeCun's initializer, trained by SGD.

    Args:
        lr: Learning rate from which the schedule starts.
    """

    lr: float = 0.01

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)


@experiment
class ConstantRate(ScheduledNet):
    """No schedule, SGD: what the schedules have to be better than."""


@experiment
class PowerSchedule(ScheduledNet):
    """lr / (1 + t / s)^c after t steps of SGD: Keras's ``SGD(lr=0.01, decay=1e-4)``.

    Claim: the rate drops fast at first, then more and more slowly. Documented: val_loss .3225,
    val_accuracy .8924.

    Args:
        s: Number of steps after which, with c = 1, the rate is halved; 1 / ``decay``.
        c: Power.
    """

    s: float = 10_000
    c: float = 1.0

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Power schedule, a step at a time."""
        return power(optimizer, self.s, self.c)


@experiment
class ExponentialSchedule(ScheduledNet):
    """lr 0.1^(t / s) after t steps of SGD: Keras's `ExponentialDecay`.

    Claim: ten times less every s steps. Documented: val_loss .3164, val_accuracy .8904; .3175 and
    .8908 (TensorFlow 2.0 edition).

    Args:
        s: Number of steps in which the rate becomes a tenth; None for those of 20 epochs, as the
            notebook counts them: 20 times the images, divided by the batch size and rounded down.
    """

    s: float | None = None

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Exponential schedule, a step at a time."""
        s = self.steps_in(EPOCHS_TO_A_TENTH) if self.s is None else self.s
        return exponential(optimizer, s)


@experiment
class ExponentialScheduleByEpoch(ScheduledNet):
    """lr 0.1^(epoch / s), set when an epoch begins; Nadam.

    Claim: a rate that changes once an epoch will do. Documented: val_loss .5699, val_accuracy
    .8928. Nadam at this rate is chaotic.

    Args:
        s: Number of epochs in which the rate becomes a tenth.
    """

    s: float = 20

    optimizer = "nadam"
    interval = "epoch"

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Exponential schedule, an epoch at a time."""
        return exponential(optimizer, self.s)


@experiment
class ExponentialScheduleByBatch(ScheduledNet):
    """lr 0.1^((t + 1) / s): the notebook's callback, which lowers the rate before each step; Nadam.

    Claim: with many steps in an epoch the rate should change at each of them. Documented: val_loss
    .5833, val_accuracy .8880. Nadam at this rate is chaotic.

    Args:
        s: As that of `ExponentialSchedule`.
    """

    s: float | None = None

    optimizer = "nadam"

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Exponential schedule, a step at a time, lowered before the first one too."""
        s = self.steps_in(EPOCHS_TO_A_TENTH) if self.s is None else self.s
        return exponential(optimizer, s, decay_first=True)


@experiment
class PiecewiseConstantSchedule(ScheduledNet):
    """0.01 for 5 epochs, 0.005 for 10 more, then 0.001; Nadam.

    Claim: constant rates in turn work well, once the right ones are found. Documented: val_loss
    .5533, val_accuracy .8868. Nadam at this rate is chaotic.

    Args:
        boundaries: Epochs, counted from 0, with which the next factor begins.
        factors: Factors of the rate, one more than boundaries.
    """

    boundaries: Sequence[float] = (5, 15)
    factors: Sequence[float] = (1, 0.5, 0.1)

    optimizer = "nadam"
    interval = "epoch"

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Piecewise constant schedule, an epoch at a time."""
        return piecewise_constant(optimizer, self.boundaries, self.factors, inclusive=False)


@experiment
class PiecewiseConstantScheduleByStep(ScheduledNet):
    """0.01 for 5 epochs, 0.005 for 10 more, then 0.001: Keras's `PiecewiseConstantDecay`; SGD.

    The notebook only names it, for the place of `ExponentialSchedule`'s in the same net. A boundary
    belongs to the rate before it: the first step of epoch 5 still has 0.01.

    Args:
        boundaries: Epochs, counted from 0, with whose second step the next factor begins.
        factors: Factors of the rate, one more than boundaries.
    """

    boundaries: Sequence[float] = (5, 15)
    factors: Sequence[float] = (1, 0.5, 0.1)

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Piecewise constant schedule, a step at a time."""
        steps = [epochs * self.steps_per_epoch() for epochs in self.boundaries]
        return piecewise_constant(optimizer, steps, self.factors)


@experiment
class PerformanceSchedule(ScheduledNet):
    """Half the rate whenever val_loss has not fallen for 5 epochs; SGD with momentum.

    Claim: the validation loss can say when to lower the rate. Documented: val_loss .5241,
    val_accuracy .8936. The run is chaotic.

    Args:
        lr: Learning rate from which the schedule starts.
        momentum: Momentum of SGD.
        factor: What the rate is multiplied by.
        patience: Number of epochs without a better val_loss until that is done.
    """

    lr: float = 0.02
    momentum: float = 0.9
    factor: float = 0.5
    patience: int = 5

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum)

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Performance schedule."""
        return reduce_on_plateau(optimizer, self.factor, self.patience)


@experiment
class OneCycleSchedule(ScheduledNet):
    """1cycle (Smith 2018): 0.005 up to 0.05, back, and down to 5e-6 in the last tenth; SGD.

    Claim (of CIFAR-10): it often speeds training up considerably and ends better. Documented, at
    batch size 128: val_loss .3170, val_accuracy .8934.

    Args:
        lr: Rate of the range test that goes before; the schedule does not use it.
        max_lr: Highest rate of the cycle; it starts from a tenth.
    """

    lr: float = 1e-3
    max_lr: float = 0.05

    def __post_init__(self) -> None:
        check_positive(max_lr=self.max_lr)
        super().__post_init__()

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """1cycle over the whole training."""
        steps = max(self.total_steps(), 3)  # a trial may end before the cycle does
        return one_cycle(optimizer, self.max_lr, steps)


@experiment
class OneCycleMomentumSchedule(OneCycleMomentumNet):
    """1cycle for SGD with momentum, which goes 0.95, 0.85, 0.95 against the rate.

    So says the book's text; the notebook's cycle is that of SGD without momentum.
    """

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)
