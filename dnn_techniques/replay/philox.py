"""Philox4x32-10, the counter-based random numbers of TensorFlow.

Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011),
https://doi.org/10.1145/2063384.2063405. TensorFlow's 64-bit key is the global seed; the upper 64 of
the counter's 128 bits are the seed of the operation, the lower 64 count blocks of four numbers.
"""

import numpy as np
from numpy.typing import NDArray

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW = 0xFFFFFFFF

# Counters worked on at a time: few enough for the cache, and the overhead of numpy is small.
CHUNK = 16_384

UInt32 = NDArray[np.uint32]


def philox(seed: int, op_seed: int, counters: NDArray[np.uint64]) -> UInt32:
    """Blocks of four random numbers.

    Args:
        seed: TensorFlow's global seed, in [0, 2**64).
        op_seed: Seed of the operation, in [0, 2**64).
        counters: Numbers of the blocks, uint64, (n,).

    Returns:
        uint32, (n, 4).

    Raises:
        ValueError: If a seed is out of range.
    """
    for name, value in (("seed", seed), ("op_seed", op_seed)):
        if not 0 <= value < 2**64:
            raise ValueError(f"{name} must be in [0, 2**64), got {value}")
    blocks = np.empty((len(counters), 4), np.uint32)
    for start in range(0, len(counters), CHUNK):
        part = slice(start, start + CHUNK)
        _rounds(seed, op_seed, counters[part], blocks[part])
    return blocks


def _rounds(seed: int, op_seed: int, counters: NDArray[np.uint64], out: UInt32) -> None:
    low, half = np.uint64(LOW), np.uint64(32)
    first, second = (np.uint64(m) for m in MULTIPLIERS)
    # Each 32-bit word in 64 bits, so that a product keeps its upper half.
    c0, c1 = counters & low, counters >> half
    c2, c3 = np.full_like(counters, op_seed & LOW), np.full_like(counters, op_seed >> 32)
    k0, k1 = seed & LOW, seed >> 32
    p0, p1 = np.empty_like(c0), np.empty_like(c0)
    for _ in range(ROUNDS):
        np.multiply(c0, first, out=p0)
        np.multiply(c2, second, out=p1)
        np.right_shift(p1, half, out=c0)
        c0 ^= c1
        c0 ^= np.uint64(k0)
        np.bitwise_and(p1, low, out=c1)
        np.right_shift(p0, half, out=c2)
        c2 ^= c3
        c2 ^= np.uint64(k1)
        np.bitwise_and(p0, low, out=c3)
        k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
    for i, word in enumerate((c0, c1, c2, c3)):
        out[:, i] = word
