"""What the notes build and do not train: clipped gradients, RMSProp, a decaying rate, the preset.

They print no figures of these. Each is trained here as the notes train their other nets: on MNIST,
batches of 200, 20 epochs.
"""

from torch import nn
from torch.optim import SGD, Optimizer

from dnn_techniques.layers import MLP, Dropout, KerasBatchNorm1d, lecun_normal
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.optim import Clipping, KerasSGD, TF1RMSprop, exponential


@experiment
class MNISTClippedNet(ClassifierCard):
    """Dense 300, ELU, dense 100, ELU, dense 10, BN; SGD, gradients clipped by value.

    Claim: clipping is one way to solve the exploding gradients problem, though people in general
    prefer batch normalization.

    Args:
        lr: Learning rate of SGD.
        clipping: How to clip; by default every component to [-1, 1].
        decay: Share of its moving averages that a step of batch normalization keeps.
    """

    lr: float = 0.01
    clipping: Clipping | None = Clipping(value=1.0)
    decay: float = 0.9

    def make_net(self) -> nn.Module:
        """The layers."""
        net = MLP(self.in_features, self.hidden, self.classes, "elu")
        net.add_module("norm_output", KerasBatchNorm1d(self.classes, self.decay))
        return net


@experiment
class MNISTRMSpropNet(ClassifierCard):
    """Dense 300, ELU, dense 100, ELU, dense 10; TensorFlow 1's RMSProp with momentum.

    Claim: except for simple problems, RMSProp typically performs better than AdaGrad.

    The notes write ``epsilon=True``, which TensorFlow 1 casts to 1: with gradients far below 1 the
    divisor is then 1 in effect, and the steps are those of plain momentum. Beside their formula of
    AdaGrad the notes call 1e-10 the typical value, which is TensorFlow 1's default.

    Args:
        lr: Learning rate.
        rho: Share of the mean square that a step keeps, the ``decay`` of TensorFlow 1.
        momentum: Share of the velocity that a step keeps.
        eps: What is added to the mean square.
    """

    lr: float = 0.1
    rho: float = 0.9
    momentum: float = 0.9
    eps: float = 1.0

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu")

    def make_optimizer(self) -> Optimizer:
        """RMSProp with momentum."""
        return TF1RMSprop(self.parameters(), self.lr, self.rho, self.momentum, self.eps)


@experiment
class MNISTDecayNet(ClassifierCard):
    """Dense 300, ELU, dense 100, ELU, dense 10; momentum at a rate of lr 0.1^(t / s) after t steps.

    Claim: a rate that starts high and falls as the optimum comes near is one strategy against a
    rate that is too high or too low.

    TensorFlow 1's momentum has the rate outside the velocity, v = m v + g and w = w - lr v, as
    torch's SGD has: a falling rate then acts on the whole velocity at once. Keras's is inside.

    Args:
        lr: Learning rate from which the schedule starts.
        momentum: Momentum of SGD.
        s: Number of steps in which the rate becomes a tenth.
    """

    lr: float = 0.1
    momentum: float = 0.9
    s: float = 10_000

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu")

    def make_optimizer(self) -> Optimizer:
        """SGD with TensorFlow 1's momentum."""
        return SGD(self.parameters(), self.lr, self.momentum)

    def make_schedule(self, optimizer: Optimizer) -> Schedule:
        """Exponential schedule, a step at a time."""
        return exponential(optimizer, self.s)


@experiment
class MNISTPresetNet(ClassifierCard):
    """Dropout, dense 300, BN, ELU, dropout, dense 100, BN, ELU, dropout, dense 10; Nesterov.

    Claim (table in "Practical Guidelines"): He's initializer, ELU, batch normalization, dropout,
    Nesterov's accelerated gradient and no schedule are good default settings.

    The table says no numbers: rate and momentum, dropout and the moving averages are those of the
    notes' own examples. What the notes call He's initializer, TensorFlow 1's
    `variance_scaling_initializer()`, has the scale 1, which is LeCun's.

    Args:
        lr: Learning rate of SGD.
        momentum: Momentum of SGD, Nesterov's.
        rate: Share of the values that dropout drops, of the inputs too.
        decay: Share of its moving averages that a step of batch normalization keeps.
    """

    lr: float = 0.01
    momentum: float = 0.9
    rate: float = 0.5
    decay: float = 0.9

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "elu",
            lecun_normal,
            norm="before",
            norm_decay=self.decay,
            dropout=lambda: Dropout(self.rate),
            output_initializer=lecun_normal,
        )

    def make_optimizer(self) -> Optimizer:
        """Nesterov's accelerated gradient."""
        return KerasSGD(self.parameters(), self.lr, self.momentum, nesterov=True)
