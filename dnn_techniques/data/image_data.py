"""The DataModule of the image experiments: a data set that lives on the training device."""

import os
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.data.minibatches import Batch, Batches, ShuffledBatches
from dnn_techniques.data.part import Part
from dnn_techniques.data.scaling import Scaling, ScalingName
from dnn_techniques.data.sources import load
from dnn_techniques.errors import InputError

# Evaluation has no gradients to keep; larger batches only save time.
EVALUATION_BATCH_SIZE = 1000


class ImageData(pl.LightningDataModule):
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
        super().__init__()
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, got {batch_size}")
        if validation < 1:
            raise InputError(f"validation must be at least 1, got {validation}")
        self.name = name
        self.root = root
        self.batch_size = batch_size
        self.validation = validation
        self.scaling = scaling
        self.part = Part(classes, train, per_class)
        self.seed: int | None = None
        self.generator = torch.Generator()
        self.order: Callable[[int], Tensor] = partial(torch.randperm, generator=self.generator)

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
        scaling = Scaling(self.scaling, train)
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
        """The trainer's device if the data takes at most half of its free memory, else the CPU."""
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        if device.type != "cuda":
            return torch.device("cpu")
        size = np.dtype(np.float32).itemsize * (arrays.x_train.size + arrays.x_test.size)
        free, _ = torch.cuda.mem_get_info(device)
        return device if size <= free / 2 else torch.device("cpu")

    def seed_order(self) -> None:
        """Seed the order of the training images, in all processes the same."""
        seed = torch.initial_seed() if self.seed is None else self.seed
        if self.trainer is not None and self.trainer.world_size > 1:
            seed = self.trainer.strategy.broadcast(seed)
        self.generator.manual_seed(seed)

    def train_dataloader(self) -> ShuffledBatches:
        """Minibatches of the training split, reshuffled each epoch."""
        ranks = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        return ShuffledBatches(*self.train, self.batch_size, self.order, *ranks)

    def train_batches(self) -> Batches:
        """Batches of the training split for evaluation, in order."""
        return Batches(*self.train, EVALUATION_BATCH_SIZE)

    def val_dataloader(self) -> Batches:
        """Batches of the validation split, in order."""
        return Batches(*self.valid, EVALUATION_BATCH_SIZE)

    def test_dataloader(self) -> Batches:
        """Batches of the test set, in order."""
        return Batches(*self.test, EVALUATION_BATCH_SIZE)

    def predict_dataloader(self) -> Batches:
        """Batches of the test set, in order."""
        return self.test_dataloader()

    def state_dict(self) -> dict[str, Tensor]:
        """The state of the shuffling, so that a resumed run sees the batches of an unbroken one."""
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> None:
        """Continue the shuffling of a checkpoint."""
        self.generator.set_state(state_dict["generator"])
