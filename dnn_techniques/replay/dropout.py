"""Dropout layers that drop what Keras dropped."""

from torch import Tensor, nn

from dnn_techniques.layers import AlphaDropout, Dropout
from dnn_techniques.layers.dropout import DROPOUT_LAYERS
from dnn_techniques.replay.masks import CallMasks, TrainingMasks
from dnn_techniques.replay.seeds import numpy_seed

# Value of a dropped unit under alpha dropout: SELU's limit at minus infinity.
ALPHA = -1.7580993408473766

Masks = TrainingMasks | CallMasks


class ReplayedDropout(nn.Dropout):
    """Dropout with given masks; see `dnn_techniques.layers.Dropout`.

    Args:
        rate: Share of the values to drop.
        masks: Says in each call which values are kept.
    """

    def __init__(self, rate: float, masks: Masks) -> None:
        super().__init__(rate)
        self.masks = masks

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training mode."""
        if not self.training or self.p == 0:
            return input
        keep = self.masks(input.shape, self.p).to(input.device)
        dropped: Tensor = input * (1 / (1 - self.p)) * keep
        return dropped


class ReplayedAlphaDropout(nn.AlphaDropout):
    """Alpha dropout with given masks; see `dnn_techniques.layers.AlphaDropout`.

    Args:
        rate: Share of the values to drop.
        masks: Says in each call which values are kept.
    """

    def __init__(self, rate: float, masks: Masks) -> None:
        super().__init__(rate)
        self.masks = masks

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training mode."""
        if not self.training or self.p == 0:
            return input
        keep = self.masks(input.shape, self.p).to(input.device)
        a = ((1 - self.p) * (1 + self.p * ALPHA**2)) ** -0.5
        dropped: Tensor = a * input.where(keep, ALPHA) - a * ALPHA * self.p
        return dropped


ReplayedLayer = ReplayedDropout | ReplayedAlphaDropout


def replay_dropout(net: nn.Module, seed: int = 42) -> list[ReplayedLayer]:
    """Put replayed layers in the place of the dropout layers of `net`.

    In a traced training step Keras 2.4 gives its dropout layers the op seeds 0, 1, ..., and its
    alpha dropout layers numbers from numpy's generator: as many as there are layers when the net is
    built, and as many again for the training step. Both generators have to be seeded alike before.

    Args:
        net: Net with dropout layers or without, which it keeps in place.
        seed: What was given to ``tf.random.set_seed`` and ``np.random.seed``.

    Returns:
        The new layers, in order.

    Raises:
        ValueError: If the net has a dropout layer of another kind.
    """
    plain: dict[str, float] = {}
    alpha: dict[str, float] = {}
    for name, layer in net.named_modules():
        if type(layer) in (AlphaDropout, nn.AlphaDropout):
            alpha[name] = float(layer.p)
        elif type(layer) in (Dropout, nn.Dropout):
            plain[name] = float(layer.p)
        elif isinstance(layer, DROPOUT_LAYERS):
            raise ValueError(f"layer {name}: {type(layer).__name__} cannot be replayed")
    new: dict[str, ReplayedLayer] = {}
    for i, (name, rate) in enumerate(plain.items()):
        new[name] = ReplayedDropout(rate, TrainingMasks(seed, i))
    for i, (name, rate) in enumerate(alpha.items()):
        masks = TrainingMasks(seed, numpy_seed(seed, len(alpha) + i))
        new[name] = ReplayedAlphaDropout(rate, masks)
    for name, layer in new.items():
        net.set_submodule(name, layer)
    return list(new.values())
