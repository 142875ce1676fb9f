"""What the DataModules share: splits in memory, fed in minibatches of a seeded order."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.data.minibatches import Batches, ShuffledBatches
from dnn_techniques.errors import InputError

# Evaluation has no gradients to keep; larger batches only save time.
EVALUATION_BATCH_SIZE = 1000

# Samples of a batch that PyTorch can count.
MOST = 1_000_000_000


class InMemoryData(pl.LightningDataModule):
    """A data set whose splits are tensors, on the training device where they fit there.

    A subclass reads the data set as `arrays`, and sets in `setup` the splits (inputs, targets)
    `train`, `valid` and `test`. The training samples come in an order that a generator seeded with
    `seed` draws anew each epoch. Where several processes train together, each takes its share of
    the training samples; all validate on the whole split.

    Args:
        batch_size: Samples in a training minibatch; the last one of an epoch may be smaller.

    Attributes:
        seed: Seed of the order; None for torch's (`pl.seed_everything`).
        order: Draws the order of the training samples for an epoch, from their number.

    Raises:
        InputError: If `batch_size` is below 1 or above `MOST`.
    """

    train: tuple[Any, Tensor]
    valid: tuple[Any, Tensor]
    test: tuple[Any, Tensor]

    def __init__(self, batch_size: int = 32) -> None:
        super().__init__()
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, got {batch_size}")
        if batch_size > MOST:
            raise InputError(f"batch_size must be at most {MOST}, got {batch_size}")
        self.batch_size = batch_size
        self.seed: int | None = None
        self.generator = torch.Generator()
        self.order: Callable[[int], Tensor] = partial(torch.randperm, generator=self.generator)

    @property
    def arrays(self) -> Any:
        """The data set as it was read: its `facts`, `source`, `stands_in_for` and `digest()`."""
        raise NotImplementedError

    def device_for(self, values: int) -> torch.device:
        """The trainer's device if so many float32 take at most half of its free memory, or CPU."""
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        if device.type != "cuda":
            return torch.device("cpu")
        free, _ = torch.cuda.mem_get_info(device)
        fits = values * np.dtype(np.float32).itemsize <= free / 2
        return device if fits else torch.device("cpu")

    def seed_order(self) -> None:
        """Seed the order of the training samples, in all processes the same."""
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
