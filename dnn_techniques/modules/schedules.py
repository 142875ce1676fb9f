"""Chapter 11, "Learning Rate Scheduling": one net, seven ways to let the rate fall.

Two hidden SELU layers of 300 and 100 units on standardized inputs (``scaling: standardize``), 25
epochs of Fashion MNIST. Documented figures are those of the TensorFlow 2.4 edition after the last
epoch, unless said otherwise.
"""

from collections.abc import Sequence

from torch.optim import Optimizer

from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.classifier import AnySchedule, Classifier, Interval
from dnn_techniques.optim import (
    KerasNadam,
    KerasSGD,
    exponential,
    one_cycle,
    piecewise_constant,
    power,
    reduce_on_plateau,
)

# The notebook's s: the steps of 20 epochs at batch size 32, rounded down.
STEPS_IN_20_EPOCHS = 20 * 55_000 // 32


class ScheduledNet(Classifier):
    """The net of the section, trained by SGD unless a subclass says otherwise.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate from which the schedule starts.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 0.01,
    ) -> None:
        super().__init__(MLP(in_features, hidden, classes, "selu", lecun_normal))
        self.save_hyperparameters()
        self.lr = lr

    def make_optimizer(self) -> Optimizer:
        """Plain SGD."""
        return KerasSGD(self.parameters(), lr=self.lr)


class ConstantRate(ScheduledNet):
    """No schedule: what the schedules have to be better than."""


class PowerSchedule(ScheduledNet):
    """lr / (1 + t / s) after t steps, s = 10,000: Keras's ``SGD(lr=0.01, decay=1e-4)``.

    Claim: the rate drops fast at first, then more and more slowly. Documented: val_loss .3225,
    val_accuracy .8924.
    """

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Power schedule per step."""
        return power(optimizer, s=10_000), "step"


class ExponentialSchedule(ScheduledNet):
    """lr 0.1^(t / s) after t steps, s the steps of 20 epochs: Keras's `ExponentialDecay`.

    Claim: ten times less every s steps. Documented: val_loss .3164, val_accuracy .8904; .3175 and
    .8908 (TensorFlow 2.0 edition).
    """

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Exponential schedule per step."""
        return exponential(optimizer, s=STEPS_IN_20_EPOCHS), "step"


class NadamNet(ScheduledNet):
    """The net of the section trained by Nadam."""

    def make_optimizer(self) -> Optimizer:
        """Nadam."""
        return KerasNadam(self.parameters(), lr=self.lr)


class ExponentialScheduleByEpoch(NadamNet):
    """lr 0.1^(epoch / 20), set when an epoch begins.

    Claim: a rate that changes once an epoch will do. Documented: val_loss .5699, val_accuracy
    .8928. Nadam at this rate is chaotic.
    """

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Exponential schedule per epoch."""
        return exponential(optimizer, s=20), "epoch"


class ExponentialScheduleByBatch(NadamNet):
    """lr 0.1^((t + 1) / s): the notebook's callback, which lowers the rate before each step.

    Claim: with many steps in an epoch the rate should change at each of them. Documented: val_loss
    .5833, val_accuracy .8880. Nadam at this rate is chaotic.
    """

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Exponential schedule per step, lowered before the first one too."""
        return exponential(optimizer, s=STEPS_IN_20_EPOCHS, decay_first=True), "step"


class PiecewiseConstantSchedule(NadamNet):
    """0.01 for 5 epochs, 0.005 for 10 more, then 0.001.

    Claim: constant rates in turn work well, once the right ones are found. Documented: val_loss
    .5533, val_accuracy .8868. Nadam at this rate is chaotic.
    """

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Piecewise constant schedule per epoch."""
        return piecewise_constant(optimizer, (5, 15), (1, 0.5, 0.1), inclusive=False), "epoch"


class PerformanceSchedule(ScheduledNet):
    """Half the rate whenever val_loss has not fallen for 5 epochs; SGD with momentum 0.9 at 0.02.

    Claim: the validation loss can say when to lower the rate. Documented: val_loss .5241,
    val_accuracy .8936. The run is chaotic.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 0.02,
        momentum: float = 0.9,
    ) -> None:
        super().__init__(in_features, hidden, classes, lr)
        self.save_hyperparameters()
        self.momentum = momentum

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), lr=self.lr, momentum=self.momentum)

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """Performance schedule."""
        return reduce_on_plateau(optimizer, factor=0.5, patience=5), "epoch"


class OneCycleSchedule(ScheduledNet):
    """1cycle (Smith 2018): 0.005 up to 0.05, back, and down to 5e-6 in the last tenth; batch 128.

    Claim: it gets in 25 short epochs where a constant rate needs more. Documented: val_loss .3170,
    val_accuracy .8934.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Rate of the range test that goes before; the schedule does not use it.
        max_lr: Highest rate of the cycle.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = (300, 100),
        classes: int = 10,
        lr: float = 1e-3,
        max_lr: float = 0.05,
    ) -> None:
        super().__init__(in_features, hidden, classes, lr)
        self.save_hyperparameters()
        self.max_lr = max_lr

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval]:
        """1cycle over the whole training."""
        return one_cycle(optimizer, self.max_lr, steps=self.total_steps()), "step"
