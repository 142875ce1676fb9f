"""The order in which Keras's `fit` takes the samples."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from dnn_techniques.replay.philox import philox


class KerasShuffle:
    """Draws the orders of an epoch after the other; for `ShuffledBatches` or a sampler of your own.

    Keras shuffles the indices by Fisher and Yates, in an operation with the seed 0: for i from 0 to
    n - 2 the places i and i + (word modulo n - i) change. The stream goes on from epoch to epoch;
    the next `fit` begins it anew.

    Args:
        seed: TensorFlow's global seed.
        fits: Numbers of epochs of the calls of `fit`, if there were several.

    Attributes:
        position: Block of the stream at which the next epoch begins.
        epochs: Number of epochs so far.
    """

    def __init__(self, seed: int = 42, fits: Sequence[int] = ()) -> None:
        self.seed = seed
        self.starts = set(accumulate(fits))
        self.position = 0
        self.epochs = 0

    def __call__(self, n: int) -> Tensor:
        """The next order of `n` samples, int64, (n,)."""
        if self.epochs in self.starts:
            self.position = 0
        self.epochs += 1
        swaps = max(n - 1, 0)
        blocks = -(-swaps // 4)
        counters = np.arange(self.position, self.position + blocks, dtype=np.uint64)
        self.position += blocks
        words = philox(self.seed, 0, counters).reshape(-1)[:swaps]
        offsets = words % np.arange(n, n - swaps, -1, dtype=np.uint32)
        order = list(range(n))
        for i, offset in enumerate(offsets.tolist()):
            j = i + offset
            order[i], order[j] = order[j], order[i]
        return torch.tensor(order)
