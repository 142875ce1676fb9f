"""Chapter 11, "Training Sparse Models": ways to a net most of whose weights are zero.

Each net is tested with its smallest weights set to zero, so that what remains of its accuracy can
be compared where the nets are equally sparse. The book's default net, not the self-normalizing one,
whose self-normalization zeros break; the inputs have to be standardized (``scaling: standardize``).
"""

import copy
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from dnn_techniques.layers import (
    MLP,
    IterativePruning,
    he_normal,
    prune_below,
    prune_to_fraction,
    sparsity_report,
)
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured
from dnn_techniques.optim import Ftrl, KerasSGD, Penalty

# Shares of the weights that a test sets to zero, after none.
SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


@experiment
class SparseNet(ClassifierCard, Measured):
    """Dense 300, ELU, dense 100, ELU, dense 10; if wanted an l1 penalty on every kernel.

    He's initializer, SGD with Nesterov momentum.

    Claims: to train as usual and set the tiny weights to zero will typically not lead to a very
    sparse model, and may make it worse; strong l1 regularization is a better option.

    A test logs beside `test_loss` and `test_accuracy`, which are those of the net as it was
    trained, what becomes of it when its tiny weights are set to zero:

    - `test_zeros`: the share of zeros among the kernels' weights.
    - `test_sparse_accuracy`: the accuracy.

    `measured` has both when the smallest weights are set to zero, `share` by share: `zeros`, which
    is above the share where more were zero before, and `accuracy`.

    Args:
        lr: Learning rate of SGD.
        momentum: Momentum of SGD, Nesterov's.
        l1: Strength of the l1 penalty.
        tiny: Magnitude below which a weight is called tiny, above 0.
    """

    lr: float = 0.01
    momentum: float = 0.9
    l1: float = 0.0
    tiny: float = 1e-3

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", he_normal)

    def make_penalties(self) -> Sequence[Penalty]:
        """The l1 penalty."""
        return [Penalty(l1=self.l1)] if self.l1 else []

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum, nesterov=True)

    def on_test_epoch_start(self) -> None:
        """Make a sparser copy of the net for each share, and one without its tiny weights."""
        self.sparser = [copy.deepcopy(self.net) for _ in (*SHARES, self.tiny)]
        for net, share in zip(self.sparser, SHARES, strict=False):
            prune_to_fraction(net, share)
        prune_below(self.sparser[-1], self.tiny)
        self.right = [0] * len(self.sparser)
        self.seen = 0

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Predict a batch with the net and with its copies."""
        x, labels = batch
        for i, net in enumerate(self.sparser):
            self.right[i] += int(self.hits(net(x), labels).sum())
        self.seen += len(labels)
        return super().test_step(batch, batch_idx)

    def on_test_epoch_end(self) -> None:
        """Log and keep how sparse and how accurate the copies are."""
        zeros = [sparsity_report(net).total for net in self.sparser]
        accuracies = [right / self.seen for right in self.right]
        self.log_dict(
            {"test_zeros": zeros[-1], "test_sparse_accuracy": accuracies[-1]}, batch_size=1
        )
        self.measured = {
            "share": list(SHARES),
            "zeros": zeros[:-1],
            "accuracy": accuracies[:-1],
        }
        self.sparser = []


@experiment
class FTRLNet(SparseNet):
    """The net of `SparseNet`, trained by FTRL, which makes weights exactly zero.

    Claim (notes; the book does without): FTRL is an option for a sparse model. Its l1 bounds the
    sum of a weight's gradients, of all steps so far, from which on the weight is not zero.

    Args:
        lr: Learning rate of FTRL.
        l1: Strength of FTRL's own penalty, which is not part of the loss.
        initial_accumulator_value: What the sum of squared gradients starts from, 0.1 in Keras. The
            first step keeps the share 1 - sqrt(a / (a + g^2)) of a weight whose gradient is g.
    """

    lr: float = 0.05
    l1: float = 0.0
    initial_accumulator_value: float = 1e-3

    def make_penalties(self) -> Sequence[Penalty]:
        """None: FTRL's is in its steps."""
        return []

    def make_optimizer(self) -> Optimizer:
        """FTRL."""
        start = self.initial_accumulator_value
        return Ftrl(self.parameters(), self.lr, l1=self.l1, initial_accumulator_value=start)


@experiment
class PrunedNet(SparseNet):
    """The net of `SparseNet`, whose smallest weights go little by little while it trains.

    Claim: where zeroing and l1 are not enough, a pruning API that removes connections during
    training, by their magnitude, gives an even sparser model.

    Args:
        share: Share of the weights that are zero in the end, in [0, 1).
        rounds: Number of times that weights are pruned.
        until: Share of the training after which none are.

    Raises:
        ValueError: If a value is out of range.
    """

    share: float = 0.9
    rounds: int = 20
    until: float = 0.5

    def __post_init__(self) -> None:
        self._pruning = IterativePruning(self.share, self.rounds, self.until)
        super().__post_init__()

    def on_train_start(self) -> None:
        """Begin, or go on, with the zeros that there are."""
        self._pruning.start(self.net)
        self._steps = self.total_steps()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Prune after the optimizer's step."""
        self._pruning(self.net, self.trainer.global_step, self._steps)
