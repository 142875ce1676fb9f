"""Uniform and truncated normal tensors, as TensorFlow draws them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnn_techniques.replay.philox import UInt32, philox

MANTISSA_BITS = 23
MANTISSA = np.uint32((1 << MANTISSA_BITS) - 1)

# Counters that TensorFlow sets apart for each four truncated normal numbers.
RESERVED = 256

Float32 = NDArray[np.float32]


def to_unit(words: UInt32) -> Float32:
    """Float32 numbers in [0, 1) of random words: their lower 23 bits, as a fraction."""
    return (words & MANTISSA).astype(np.float32) * np.float32(2.0**-MANTISSA_BITS)


def uniform(
    shape: Sequence[int], low: float, high: float, seed: int, op_seed: int, start: int = 0
) -> Float32:
    """``tf.random.uniform``: numbers in [low, high).

    Args:
        shape: Shape of the result.
        low: Lower bound.
        high: Upper bound.
        seed: Global seed.
        op_seed: Seed of the operation.
        start: Block at which the operation stands: 0 when it draws for the first time.
    """
    size = math.prod(shape)
    counters = np.arange(start, start + -(-size // 4), dtype=np.uint64)
    words = philox(seed, op_seed, counters).reshape(-1)[:size]
    low32, high32 = np.float32(low), np.float32(high)
    return (to_unit(words) * (high32 - low32) + low32).reshape(shape)


def normal(shape: Sequence[int], std: float, seed: int, op_seed: int) -> Float32:
    """``tf.random.normal``: normal numbers of mean 0, see `truncated_normal` for the arguments."""
    size = math.prod(shape)
    words = philox(seed, op_seed, np.arange(-(-size // 4), dtype=np.uint64))
    return _box_muller(words).reshape(-1)[:size].reshape(shape) * np.float32(std)


def truncated_normal(shape: Sequence[int], std: float, seed: int, op_seed: int) -> Float32:
    """``tf.random.truncated_normal``: normal numbers, drawn again beyond two deviations.

    Every four numbers come from counters of their own: pairs of words make pairs of normal numbers
    (Box & Muller 1958), of which those within ±2 are taken, in order, until there are four.

    Args:
        shape: Shape of the result.
        std: Standard deviation of the normal distribution before it is truncated.
        seed: Global seed.
        op_seed: Seed of the operation.
    """
    size = math.prod(shape)
    groups = -(-size // 4)
    values = np.zeros((groups, 4), np.float32)
    have = np.zeros(groups, np.int64)
    open_groups = np.arange(groups)
    block = 0
    while len(open_groups):
        counters = open_groups.astype(np.uint64) * np.uint64(RESERVED) + np.uint64(block)
        normals = _box_muller(philox(seed, op_seed, counters))
        taken = np.abs(normals) < 2
        place = have[open_groups, None] + np.cumsum(taken, axis=1) - 1
        row, column = np.nonzero(taken & (place < 4))
        values[open_groups[row], place[row, column]] = normals[row, column]
        have[open_groups] += taken.sum(axis=1)
        open_groups = open_groups[have[open_groups] < 4]
        block += 1
    return values.reshape(-1)[:size].reshape(shape) * np.float32(std)


def _box_muller(words: UInt32) -> Float32:
    """Four standard normal numbers of each block, (n, 4)."""
    unit = to_unit(words)
    radius = np.sqrt(np.float32(-2) * np.log(np.maximum(unit[:, 0::2], np.float32(1e-7))))
    angle = (2 * math.pi * unit[:, 1::2].astype(np.float64)).astype(np.float32)  # pi is a double
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=2).reshape(-1, 4)
