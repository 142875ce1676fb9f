"""The DataModule of the image experiments: a data set that lives on the training device."""

import os
from collections.abc import Sequence

import torch
from torch import Tensor

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.data.in_memory_data import InMemoryData
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.data.part import Part
from dnn_techniques.data.scaling import Scaling, ScalingName
from dnn_techniques.data.sources import load
from dnn_techniques.errors import InputError


class ImageData(InMemoryData):
    """An image data set, split and scaled as the documents do.

    The first `validation` training images validate, the others train, in an order that a generator
    seeded with `seed` draws anew each epoch. Images are float32
    (n, height, width[, channels]), labels int64 (n,). Where several processes train together, each
    takes its share of the training images; all validate on the whole split.

    The documents' transfer experiments split first and then take a part, so that the validation and
    test images are all those of the chosen classes: Fashion MNIST without sandals and shirts has
    43,986 training and 4,014 validation images; the first 200 of sandals and shirts are validated
    on 986 and tested on 2,000.

    Args:
        name: `fashion_mnist`, `mnist`, `cifar10` or `digits`; None for the default, see
            `dnn_techniques.data.load`.
        root: Folder of the archives; None for $DNN_TECHNIQUES_DATA or the user's cache.
        batch_size: Samples in a training minibatch; the last one of an epoch may be smaller.
        validation: Number of training images that validate.
        scaling: See `Scaling`.
        classes: Labels of the classes to take, which become 0, 1, ... in this order; None for all.
        train: Train only on the first so many of the training images that are left.
        per_class: Train only on the first so many of each class.

    Attributes:
        seed: Seed of the order; None for torch's (`pl.seed_everything`).
        order: Draws the order of the training images for an epoch, from their number. A replay
            takes another one than torch's.

    Raises:
        InputError: If a value is out of range; in `prepare_data`, if the data cannot be had.
    """

    def __init__(
        self,
        name: str | None = None,
        root: str | os.PathLike[str] | None = None,
        batch_size: int = 32,
        validation: int = 5000,
        scaling: ScalingName = "unit",
        classes: Sequence[int] | None = None,
        train: int | None = None,
        per_class: int | None = None,
    ) -> None:
        super().__init__(batch_size)
        if validation < 1:
            raise InputError(f"validation must be at least 1, got {validation}")
        self.name = name
        self.root = root
        self.validation = validation
        self.scaling = scaling
        self.part = Part(classes, train, per_class)
        self.fitted: Scaling | None = None

    @property
    def arrays(self) -> ImageArrays:
        """The data set as it was read."""
        return load(self.name, self.root)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each label that the images have here."""
        return self.part.names(self.arrays.facts.class_names)

    def prepare_data(self) -> None:
        """Find, download if needed, and check the data set, and that it has the wanted part."""
        labels = torch.from_numpy(self.arrays.y_train)
        if self.validation >= len(labels):
            raise InputError(f"validation must be below {len(labels)}, got {self.validation}")
        self.part.names(self.arrays.facts.class_names)
        self.part.evaluated(labels[: self.validation])
        self.part.trained(labels[self.validation :])

    def setup(self, stage: str) -> None:
        """Split and scale, and move the tensors to the training device if they fit there."""
        arrays = self.arrays
        x, y = torch.from_numpy(arrays.x_train), torch.from_numpy(arrays.y_train)
        places, labels = self.part.trained(y[self.validation :])
        train = x[self.validation :][places]
        if self.fitted is None or stage == "fit":
            self.fitted = Scaling(self.scaling, train)
        scaling = self.fitted  # its statistics take a copy of the images, beside those that train
        self.seed_order()
        device = self._device(arrays)

        def evaluated(x: Tensor, y: Tensor) -> Batch:
            places, labels = self.part.evaluated(y)
            return scaling(x[places]).to(device), labels.to(device)

        if stage == "fit":
            self.train = scaling(train).to(device), labels.to(device)
        if stage in ("fit", "validate"):
            self.valid = evaluated(x[: self.validation], y[: self.validation])
        if stage in ("test", "predict"):
            test = torch.from_numpy(arrays.x_test), torch.from_numpy(arrays.y_test)
            self.test = evaluated(*test)

    def _device(self, arrays: ImageArrays) -> torch.device:
        """Where the images are kept."""
        return self.device_for(arrays.x_train.size + arrays.x_test.size)
