"""Which seeds TensorFlow gives to the operations that draw."""

import random

import numpy as np

# What keras.backend.random_uniform draws its seeds below.
_BELOW = 10_000_000


def draw_seed(seed: int, draw: int) -> int:
    """Op seed of an eager draw, for example of a kernel, counted from 0 after `set_seed`.

    TensorFlow takes it from Python's generator, seeded with the global seed.

    >>> draw_seed(42, 0)
    478163327
    """
    _check(draw=draw)
    generator = random.Random(seed)
    return [generator.randint(0, 2**31 - 1) for _ in range(draw + 1)][-1]


def numpy_seed(seed: int, draw: int) -> int:
    """Op seed of Keras's alpha dropout, counted from 0 after ``np.random.seed(seed)``.

    Keras 2.4 takes it from numpy's global generator: for every alpha dropout layer once when the
    net is built, once when its training step is traced, and at every call outside of a traced step.
    """
    _check(draw=draw)
    return int(np.random.RandomState(seed).randint(_BELOW, size=draw + 1)[-1])


def _check(**values: int) -> None:
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} must be at least 0, got {value}")
