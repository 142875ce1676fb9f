"""Minibatches out of tensors."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]
Inputs = Tensor | tuple[Tensor, ...]


class ShuffledBatches:
    """Iterate over (inputs, targets) in minibatches, in a new random order each time.

    A `torch.utils.data.DataLoader` fetches samples one by one and stacks them, which for small nets
    takes longer than the training step. Here a minibatch is taken out of the data set at once.

    Where several processes train together each gets its share of every minibatch, as a
    `torch.utils.data.DistributedSampler` would give it: the first samples of the order fill up
    the last minibatch.

    Args:
        x: Inputs, (n, *); a tuple of tensors for a net of several inputs.
        y: Targets, (n, *).
        batch_size: Number of samples in a minibatch; the last one may be smaller.
        order: Draws the order of n samples, a permutation of 0..n-1, int64, (n,); or one for each
            of several nets, (n, seeds), which get inputs (n, seeds, *). The same in all processes.
        rank: Number of this process.
        world_size: Number of processes.
    """

    def __init__(
        self,
        x: Inputs,
        y: Tensor,
        batch_size: int,
        order: Callable[[int], Tensor],
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.x: Any = x
        self.y = y
        self.batch_size = batch_size
        self.order = order
        self.rank = rank
        self.world_size = world_size

    def __len__(self) -> int:
        return -(-len(self.y) // (self.batch_size * self.world_size))

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        order = self.order(len(self.y)).to(self.y.device)
        if self.world_size > 1:
            missing = -len(order) % self.world_size
            order = torch.cat([order, order[:missing]])[self.rank :: self.world_size]
        for chosen in order.split(self.batch_size):
            yield _take(self.x, chosen), _take(self.y, chosen)


def _take(values: Any, chosen: Tensor) -> Any:
    """``values[chosen]``, which takes three times as long, of each tensor."""
    if isinstance(values, tuple):
        return tuple(_take(part, chosen) for part in values)
    if chosen.ndim > 1:
        return values.index_select(0, chosen.flatten()).unflatten(0, chosen.shape)
    return values.index_select(0, chosen)


class Batches:
    """Iterate over (inputs, targets) in batches, in order.

    Args:
        x: Inputs, (n, *); a tuple of tensors for a net of several inputs.
        y: Targets, (n, *).
        batch_size: Number of samples in a batch; the last one may be smaller.
    """

    def __init__(self, x: Inputs, y: Tensor, batch_size: int) -> None:
        self.x: Any = x
        self.y = y
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.y) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        # A generator looks at x when the first batch is fetched, after the hooks of the epoch.
        yield from zip(_split(self.x, self.batch_size), self.y.split(self.batch_size), strict=True)


def _split(values: Any, size: int) -> Iterable[Any]:
    """The parts of a tensor, or tuples of the parts of each, of `size` samples."""
    if isinstance(values, tuple):
        return zip(*(part.split(size) for part in values), strict=True)
    parts: tuple[Tensor, ...] = values.split(size)
    return parts
