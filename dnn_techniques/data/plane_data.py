"""Points of the plane in two classes: iris flowers, and data sets of the TensorFlow Playground.

Chapter 10, "The Perceptron" and exercise 1 (https://playground.tensorflow.org).
"""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnn_techniques.data.in_memory_data import InMemoryData
from dnn_techniques.data.table_arrays import TableArrays
from dnn_techniques.documents.catalog import PLANES
from dnn_techniques.errors import InputError, near

POINTS = 500  # of the playground, half of which train
RADIUS = 5.0

Points = tuple[NDArray[Any], NDArray[Any]]


class PlaneData(InMemoryData):
    """Points of the plane, (n, 2) float32, with classes 0 and 1, (n,) int64.

    ``iris``: length and width of 150 petals in cm, 1 for setosa. All of them train, validate and
    are tested, as the book does that only looks for the rule's line. ``circle`` and ``spiral``: the
    playground's data without noise, the same points under every seed. Half of them train, the
    others validate and are the test set.

    Args:
        name: Which points.
        batch_size: Points in a training minibatch.

    Raises:
        InputError: If there are no such points, or `batch_size` is below 1.
    """

    def __init__(self, name: str = "circle", batch_size: int = 10) -> None:
        super().__init__(batch_size)
        if name not in PLANES:
            raise InputError(f"unknown points {name!r}: {near(name, PLANES)}")
        self.name = name

    @property
    def arrays(self) -> TableArrays:
        """All points, the classes as numbers."""
        return load_points(self.name)

    def setup(self, stage: str) -> None:
        """Split the points."""
        x = torch.from_numpy(self.arrays.x).float()
        y = torch.from_numpy(self.arrays.y).long()
        device = self.device_for(x.numel() + len(y))
        x, y = x.to(device), y.to(device)
        half = None if self.name == "iris" else len(y) // 2
        self.seed_order()
        self.train = x[:half], y[:half]
        self.valid = self.test = (x, y) if half is None else (x[half:], y[half:])


@cache
def load_points(name: str) -> TableArrays:
    """The points of a name in `PLANES`."""
    if name == "iris":
        from sklearn.datasets import load_iris

        iris = load_iris()
        x, y = iris.data[:, 2:].copy(), (iris.target == 0).astype(float)
        return TableArrays(PLANES[name], "scikit-learn's iris", x, y)
    random = np.random.RandomState(0)
    x, y = {"circle": circle, "spiral": spiral}[name](random)
    order = random.permutation(POINTS)
    # Rounded: the last bits of a sine differ from machine to machine.
    return TableArrays(PLANES[name], "drawn from a fixed seed", x.round(6)[order], y[order])


def circle(random: np.random.RandomState) -> Points:
    """A disk of half the radius (1), and a ring from seven tenths of it on (0)."""
    y = np.arange(POINTS) % 2.0
    distance = np.where(
        y == 1,
        random.uniform(0, 0.5 * RADIUS, POINTS),
        random.uniform(0.7 * RADIUS, RADIUS, POINTS),
    )
    return _at(distance, random.uniform(0, 2 * np.pi, POINTS)), y


def spiral(random: np.random.RandomState) -> Points:
    """Two arms of one and three quarter turns, one half a turn from the other."""
    y = np.arange(POINTS) % 2.0
    along = np.arange(POINTS) // 2 / (POINTS // 2)
    return _at(RADIUS * along, 1.75 * 2 * np.pi * along + np.pi * y), y


def _at(distance: NDArray[Any], angle: NDArray[Any]) -> NDArray[Any]:
    return np.stack([distance * np.sin(angle), distance * np.cos(angle)], axis=1)
