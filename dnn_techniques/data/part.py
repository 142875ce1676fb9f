"""A part of a data set: some of its classes, the first of its training images."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dnn_techniques.errors import InputError


@dataclass(frozen=True)
class Part:
    """Which images of a data set are taken.

    Args:
        classes: Labels of the classes to take, which become 0, 1, ... in this order; None for all
            classes as they are.
        train: Take only the first so many training images, after the choice of classes.
        per_class: Take only the first so many training images of each class.

    Raises:
        InputError: If a value is out of range; when called, if there are fewer images.
    """

    classes: Sequence[int] | None = None
    train: int | None = None
    per_class: int | None = None

    def __post_init__(self) -> None:
        if self.classes is not None and not len(set(self.classes)) == len(self.classes) >= 2:
            raise InputError(f"classes must be two or more different ones, got {self.classes}")
        for name, value in (("train", self.train), ("per_class", self.per_class)):
            if value is not None and value < 1:
                raise InputError(f"{name} must be at least 1, got {value}")
        if self.train is not None and self.per_class is not None:
            raise InputError("train and per_class exclude each other; give one of them")

    def names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names of the classes taken, from those of all.

        Raises:
            InputError: If there is no such class.
        """
        if self.classes is None:
            return tuple(names)
        unknown = [label for label in self.classes if not 0 <= label < len(names)]
        if unknown:
            raise InputError(f"classes must be from 0 to {len(names) - 1}, got {unknown[0]}")
        return tuple(names[label] for label in self.classes)

    def evaluated(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The images taken from a split that evaluates: places and new labels, int64, (m,).

        Args:
            labels: Those of the split, int64, (n,).
        """
        if self.classes is None:
            return torch.arange(len(labels)), labels
        new = torch.full_like(labels, -1)
        for label, wanted in enumerate(self.classes):
            new[labels == wanted] = label
        places = (new >= 0).nonzero()[:, 0]
        if not len(places):
            raise InputError(f"no image of the classes {self.classes} among {len(labels)}")
        return places, new[places]

    def trained(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The images taken from the training split, like `evaluated`."""
        places, new = self.evaluated(labels)
        if self.train is not None:
            if self.train > len(places):
                raise InputError(f"train must be at most {len(places)}, got {self.train}")
            return places[: self.train], new[: self.train]
        if self.per_class is not None:
            ranks = torch.empty_like(new)
            for label in new.unique():
                own = new == label
                size = int(own.sum())
                if self.per_class > size:
                    raise InputError(f"per_class must be at most {size}, got {self.per_class}")
                ranks[own] = torch.arange(size)
            first = ranks < self.per_class
            return places[first], new[first]
        return places, new
