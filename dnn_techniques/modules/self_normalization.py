"""Chapter 11, "SELU", and its notebook: what a net may not have if it is to normalize itself.

Klambauer et al., "Self-Normalizing Neural Networks" (2017), https://arxiv.org/abs/1706.02515. The
inputs have to be standardized (``scaling: standardize``).
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Literal, get_args

import torch
from torch import nn

from dnn_techniques.layers import (
    MLP,
    AlphaDropout,
    Dense,
    Dropout,
    SkipConnection,
    lecun_normal,
    signal_statistics,
)
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured
from dnn_techniques.optim import Penalty

Added = Literal["nothing", "l2", "dropout", "alpha_dropout", "skip_connections"]


@experiment
class SELUStack(ClassifierCard, Measured):
    """Twenty times dense 100, SELU; dense 10, with something added. LeCun's initializer, SGD.

    Claim: each layer's outputs keep mean 0 and standard deviation 1 during training, unless there
    is an l2 penalty, ordinary dropout or a connection that skips layers; alpha dropout keeps them.

    Before the first step and after each epoch it measures on the validation images, as it trains
    (with dropout on), what reaches each dense layer but the first: `untrained_mean`,
    `untrained_std`, and those after the latest epoch, `mean` and `std`, in `measured`.

    Args:
        lr: Learning rate of SGD.
        depth: Number of hidden layers.
        units: Width of each.
        added: ``nothing``, ``l2`` (a penalty on every kernel), ``dropout`` or ``alpha_dropout``
            before every dense layer, ``skip_connections`` (around every two layers, from the second
            on; the last one may be alone).
        l2: Strength of the penalty.
        rate: Share of the values to drop.

    Raises:
        ValueError: If a size or the rate is out of range, or `added` is unknown.
    """

    hidden: Sequence[int] = field(init=False)  # depth times units
    lr: float = 0.01
    depth: int = 20
    units: int = 100
    added: Added = "nothing"
    l2: float = 0.01
    rate: float = 0.1

    def __post_init__(self) -> None:
        if self.added not in get_args(Added):
            raise ValueError(f"added must be one of {get_args(Added)}, got {self.added!r}")
        self.hidden = [self.units] * self.depth
        super().__post_init__()

    def make_net(self) -> nn.Module:
        """The layers."""
        dropouts: dict[str, Callable[[], nn.Module]] = {
            "dropout": lambda: Dropout(self.rate),
            "alpha_dropout": lambda: AlphaDropout(self.rate),
        }
        net = MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "selu",
            lecun_normal,
            dropout=dropouts.get(self.added),
        )
        return with_skip_connections(net) if self.added == "skip_connections" else net

    def make_penalties(self) -> Sequence[Penalty]:
        """The l2 penalty."""
        return [Penalty(l2=self.l2)] if self.added == "l2" else []

    def on_train_start(self) -> None:
        """Measure the net as it was made."""
        if not self.measured:
            self.measured = {f"untrained_{k}": values for k, values in self.signals().items()}

    def on_train_epoch_end(self) -> None:
        """Measure the net as it is now."""
        self.measured |= self.signals()

    def signals(self) -> dict[str, list[float]]:
        """Mean and deviation of what each hidden layer sends on, a value for each."""
        dense = [layer for layer in self.net.modules() if isinstance(layer, Dense)]
        with torch.random.fork_rng():  # dropout draws
            found = signal_statistics(self.net, dense[1:], self.validation_images())
        return {"mean": found.mean.tolist(), "std": found.std.tolist()}


def with_skip_connections(net: MLP) -> nn.Sequential:
    """The same layers, with a connection around every two hidden ones but the first."""
    layers = list(net.children())
    first, pairs, output = layers[:3], layers[3:-1], layers[-1]  # flatten, hidden1, activation1
    blocks = [SkipConnection(*pairs[i : i + 4]) for i in range(0, len(pairs), 4)]
    return nn.Sequential(*first, *blocks, output)
