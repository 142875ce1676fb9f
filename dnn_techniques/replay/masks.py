"""Which values a dropout layer of Keras kept."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dnn_techniques.replay.draws import MANTISSA, MANTISSA_BITS, RESERVED
from dnn_techniques.replay.philox import philox
from dnn_techniques.replay.seeds import numpy_seed

# Blocks drawn at a time: a layer's masks of several steps, for the overhead of numpy is large.
AHEAD = 65_536


def keep_mask(
    words: np.ndarray[tuple[int, ...], np.dtype[np.uint32]], rate: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where the random number in [0, 1) of a word is at least `rate`, without making the number."""
    threshold = math.ceil(float(np.float32(rate)) * 2**MANTISSA_BITS)
    return (words & MANTISSA) >= np.uint32(threshold)


class TrainingMasks:
    """The masks of one layer in a traced training step, call after call.

    TensorFlow moves the counter of the operation by 256 blocks for every value of a call, though a
    block serves four.

    Args:
        seed: Global seed.
        op_seed: Seed of the operation.

    Attributes:
        position: Block at which the next call begins.
    """

    def __init__(self, seed: int, op_seed: int) -> None:
        self.seed = seed
        self.op_seed = op_seed
        self.position = 0
        self._ahead: dict[tuple[int, int, float], Tensor] = {}

    def __call__(self, shape: Sequence[int], rate: float) -> Tensor:
        """The next mask, bool, in the given shape; True is kept."""
        size = math.prod(shape)
        key = (self.position, size, rate)
        if key not in self._ahead:
            self._ahead = self._draw_ahead(size, rate)
        self.position += size * RESERVED
        return self._ahead[key].view(*shape)

    def _draw_ahead(self, size: int, rate: float) -> dict[tuple[int, int, float], Tensor]:
        """The masks of the next calls, if they are for as many values."""
        blocks = -(-size // 4)
        calls = np.arange(max(1, AHEAD // blocks))
        starts = (calls * (size * RESERVED) + self.position).astype(np.uint64)
        counters = (starts[:, None] + np.arange(blocks, dtype=np.uint64)).astype(np.uint64)
        words = philox(self.seed, self.op_seed, counters.reshape(-1))
        masks = torch.from_numpy(keep_mask(words.reshape(len(starts), -1)[:, :size], rate))
        return {(int(start), size, rate): mask for start, mask in zip(starts, masks, strict=True)}


class CallMasks:
    """The masks of one alpha dropout layer in calls ``model(x, training=True)``.

    Every call draws a new op seed for each alpha dropout layer of the net from numpy's generator.

    Args:
        seed: Global seed, to which numpy's is set too.
        layer: Number of the layer among the net's alpha dropout layers.
        layers: Number of those.

    Attributes:
        call: Number of the next call.
        row: Of the rows that Keras passes in a call, the first that is passed here next.
    """

    def __init__(self, seed: int, layer: int, layers: int) -> None:
        self.seed = seed
        self.layer = layer
        self.layers = layers
        self.call = 0
        self.row = 0

    def __call__(self, shape: Sequence[int], rate: float) -> Tensor:
        """The mask of the next call, bool, in the given shape; True is kept."""
        op_seed = numpy_seed(self.seed, self.layers * self.call + self.layer)
        self.call += 1
        size = math.prod(shape)
        first = self.row * (size // shape[0])
        counters = np.arange(first // 4, (first + size + 3) // 4, dtype=np.uint64)
        words = philox(self.seed, op_seed, counters).reshape(-1)[first % 4 :][:size]
        return torch.from_numpy(keep_mask(words, rate)).view(*shape)
