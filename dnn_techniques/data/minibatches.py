"""Minibatches out of tensors."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]


class ShuffledBatches:
    """Iterate over (images, labels) in minibatches, in a new random order each time.

    A `torch.utils.data.DataLoader` fetches samples one by one and stacks them, which for small nets
    takes longer than the training step. Here a minibatch is taken out of the data set at once.

    Where several processes train together each gets its share of every minibatch, as a
    `torch.utils.data.DistributedSampler` would give it: the first samples of the order fill up
    the last minibatch.

    Args:
        x: Images, (n, *).
        y: Labels, (n,).
        batch_size: Number of samples in a minibatch; the last one may be smaller.
        order: Draws the order of n samples, a permutation of 0..n-1, int64, (n,); or one for each
            of several nets, (n, seeds), which get images (n, seeds, *). The same in all processes.
        rank: Number of this process.
        world_size: Number of processes.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        batch_size: int,
        order: Callable[[int], Tensor],
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.x = x
        self.y = y
        self.batch_size = batch_size
        self.order = order
        self.rank = rank
        self.world_size = world_size

    def __len__(self) -> int:
        return -(-len(self.x) // (self.batch_size * self.world_size))

    def __iter__(self) -> Iterator[Batch]:
        order = self.order(len(self.x)).to(self.x.device)
        if self.world_size > 1:
            missing = -len(order) % self.world_size
            order = torch.cat([order, order[:missing]])[self.rank :: self.world_size]
        for chosen in order.split(self.batch_size):
            yield _take(self.x, chosen), _take(self.y, chosen)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """``values[chosen]``, which takes three times as long."""
    if chosen.ndim > 1:
        taken: Tensor = values.index_select(0, chosen.flatten()).unflatten(0, chosen.shape)
        return taken
    return values.index_select(0, chosen)


class Batches:
    """Iterate over (images, labels) in batches, in order.

    Args:
        x: Images, (n, *).
        y: Labels, (n,).
        batch_size: Number of samples in a batch; the last one may be smaller.
    """

    def __init__(self, x: Tensor, y: Tensor, batch_size: int) -> None:
        self.x = x
        self.y = y
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.x) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        # A generator looks at x when the first batch is fetched, after the hooks of the epoch.
        yield from zip(self.x.split(self.batch_size), self.y.split(self.batch_size), strict=True)
