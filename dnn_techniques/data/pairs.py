"""Pairs of images, half of them of the same class: the notes' auxiliary task (exercise 10)."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dnn_techniques.data.image_data import ImageData
from dnn_techniques.data.in_memory_data import EVALUATION_BATCH_SIZE
from dnn_techniques.data.minibatches import Batch, Batches
from dnn_techniques.data.part import Part
from dnn_techniques.data.scaling import Scaling
from dnn_techniques.errors import InputError

# Every epoch and every run is evaluated on the same pairs.
EVALUATION_SEED = 0


def draw_pairs(labels: Tensor, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw pairs as the notes do: random partners, at most half of the pairs alike, half not.

    Two random orders of the images are laid side by side. From the top the first ``size / 2`` pairs
    of one class and the first ``size / 2`` of two classes are taken, in random order. With ten
    classes a tenth of all pairs is alike: where `size` is the number of images, all these are
    taken, a sixth of the result, and the result is smaller than `size`.

    Args:
        labels: Classes of the images, int64, (n,).
        size: Number of pairs wanted, even.
        generator: Draws the orders.

    Returns:
        Places of both images, int64, (m, 2), and labels, int64, (m,): 0 for the same class, 1 for
        different ones.
    """
    n = len(labels)
    places = torch.stack([torch.randperm(n, generator=generator) for _ in range(2)], dim=1)
    different = (labels[places[:, 0]] != labels[places[:, 1]]).long()
    chosen = torch.cat([(different == kind).nonzero()[: size // 2, 0] for kind in (0, 1)])
    chosen = chosen[torch.randperm(len(chosen), generator=generator)]
    return places[chosen], different[chosen]


def first_of_each_class(labels: Tensor, count: int) -> Tensor:
    """Which images are among the first `count` of their class, bool, (n,)."""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        chosen[(labels == label).nonzero()[:count, 0]] = True
    return chosen


class SplitData(ImageData):
    """The notes' split of the training images into a large part and a small one, which trains.

    Split #2 has the first images of each class, `validation` in all (500 of each digit), split #1
    the others. Here split #2 trains, and the first `validation` images of split #1 validate.
    Arguments are those of `ImageData`, without its choices of a part.
    """

    def prepare_data(self) -> None:
        """Find, download if needed, and check the data set."""
        super().prepare_data()
        if self.part != Part():
            raise InputError(
                f"{type(self).__name__} takes all images; leave out classes, train and per_class"
            )
        classes = len(self.arrays.facts.class_names)
        if self.validation < classes:
            raise InputError(f"validation must be at least {classes}, got {self.validation}")

    def splits(self) -> tuple[Batch, Batch]:
        """Images, scaled, and labels of splits #1 and #2."""
        x, y = torch.from_numpy(self.arrays.x_train), torch.from_numpy(self.arrays.y_train)
        second = first_of_each_class(y, self.validation // len(self.arrays.facts.class_names))
        scaling = Scaling(self.scaling, x)
        device = self._device(self.arrays)

        def part(chosen: Tensor) -> Batch:
            return scaling(x[chosen]).to(device), y[chosen].to(device)

        return part(~second), part(second)

    def setup(self, stage: str) -> None:
        """Split and scale."""
        super().setup(stage)
        if stage in ("fit", "validate"):
            (x, y), self.train = self.splits()
            self.valid = x[: self.validation].clone(), y[: self.validation].clone()


class PairData(SplitData):
    """Pairs of images, drawn anew for each minibatch from split #1 of `SplitData`.

    An epoch has as many minibatches as split #1 fills with single images. Pairs of split #2
    validate; at the end pairs of all training images are evaluated, and pairs of the test images.
    How pairs are drawn is told at `draw_pairs`; half of a minibatch's, and a sixth of the others,
    are of one class. Inputs are float32 (n, 2, height, width), labels 0 for the same class.
    """

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the labels."""
        return ("same", "different")

    def prepare_data(self) -> None:
        """Find, download if needed, and check the data set."""
        super().prepare_data()
        if self.batch_size % 2:
            raise InputError(f"batch_size must be even, half alike, got {self.batch_size}")

    def setup(self, stage: str) -> None:
        """Split and scale."""
        self.seed_order()
        if stage in ("fit", "validate"):
            self.split1, self.split2 = self.splits()
        if stage in ("test", "predict"):
            arrays = self.arrays
            scaling = Scaling(self.scaling, torch.from_numpy(arrays.x_train))
            device = self._device(arrays)
            images = scaling(torch.from_numpy(arrays.x_test)).to(device)
            self.test = images, torch.from_numpy(arrays.y_test).to(device)

    def train_dataloader(self) -> "DrawnPairs":  # type: ignore[override]
        """Minibatches of pairs of split #1."""
        return DrawnPairs(*self.split1, self.batch_size, self.generator)

    def train_batches(self) -> "PairBatches":  # type: ignore[override]
        """Batches of pairs of all training images, for evaluation."""
        both = zip(self.split1, self.split2, strict=True)
        return PairBatches(*(torch.cat(parts) for parts in both))

    def val_dataloader(self) -> "PairBatches":  # type: ignore[override]
        """Batches of pairs of split #2."""
        return PairBatches(*self.split2)

    def test_dataloader(self) -> "PairBatches":  # type: ignore[override]
        """Batches of pairs of the test images."""
        return PairBatches(*self.test)


class DrawnPairs:
    """Iterate over minibatches of pairs and labels, drawn anew, half alike and half not.

    Args:
        x: Images, (n, *).
        y: Their classes, int64, (n,).
        batch_size: Number of pairs in a minibatch.
        generator: Draws the pairs.

    Raises:
        InputError: If there are fewer images than pairs in a minibatch.
    """

    def __init__(self, x: Tensor, y: Tensor, batch_size: int, generator: torch.Generator) -> None:
        if batch_size > len(x):
            raise InputError(f"batch_size {batch_size} is above {len(x)}, the images to be paired")
        self.x = x
        self.y = y.cpu()
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self) -> int:
        return len(self.x) // self.batch_size

    def __iter__(self) -> Iterator[Batch]:
        for _ in range(len(self)):
            places, labels = self._draw()
            yield self.x[places.to(self.x.device)], labels.to(self.x.device)

    def _draw(self) -> tuple[Tensor, Tensor]:
        places, labels = draw_pairs(self.y, self.batch_size, self.generator)
        if len(labels) < self.batch_size:
            raise InputError(
                f"batch_size {self.batch_size}: {len(self.y)} images do not give"
                f" {self.batch_size // 2} pairs of one class; take a smaller one"
            )
        return places, labels


class PairBatches:
    """Iterate over the pairs that `draw_pairs` makes of all images, in batches.

    Args:
        x: Images, (n, *).
        y: Their classes, int64, (n,).
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        places, labels = draw_pairs(y.cpu(), len(y), generator)
        self.x = x
        self.batches = Batches(places.to(x.device), labels.to(x.device), EVALUATION_BATCH_SIZE)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        for places, labels in self.batches:
            yield self.x[places], labels
