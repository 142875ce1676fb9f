"""Minibatches out of tensors, in blocks of several."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor

Batch = tuple[Tensor, Tensor]

# With 50 minibatches in a block Lightning's work between blocks is below 1% of a small net's.
BLOCK = 50


class Block(NamedTuple):
    """Consecutive minibatches in one pair of tensors.

    Attributes:
        x: Images of all of them, (n, *).
        y: Labels, (n,).
        batch_size: Number of samples in each; the last one of an epoch may be smaller.
    """

    x: Tensor
    y: Tensor
    batch_size: int

    def minibatches(self) -> Iterator[Batch]:
        """The minibatches, as views."""
        return zip(self.x.split(self.batch_size), self.y.split(self.batch_size), strict=True)


class ShuffledBlocks:
    """Iterate over (images, labels) in blocks of minibatches, in a new random order each time.

    A `torch.utils.data.DataLoader` fetches samples one by one and stacks them, and Lightning does
    its bookkeeping once for each batch that it is given; for small nets either takes longer than
    the training step. Here a block is taken out of the data set at once, and Lightning sees blocks.

    Args:
        x: Images, (n, *).
        y: Labels, (n,).
        batch_size: Number of samples in a minibatch; the last one may be smaller.
        order: Draws the order of n samples, a permutation of 0..n-1, int64, (n,); or one for each
            of several nets, (n, seeds), which get images (n, seeds, *).
    """

    def __init__(
        self, x: Tensor, y: Tensor, batch_size: int, order: Callable[[int], Tensor]
    ) -> None:
        self.x = x
        self.y = y
        self.batch_size = batch_size
        self.order = order

    @property
    def steps(self) -> int:
        """Number of minibatches in an epoch."""
        return -(-len(self.x) // self.batch_size)

    def __len__(self) -> int:
        return -(-self.steps // BLOCK)

    def __iter__(self) -> Iterator[Block]:
        order = self.order(len(self.x)).to(self.x.device)
        for chosen in order.split(self.batch_size * BLOCK):
            yield Block(self.x[chosen], self.y[chosen], self.batch_size)


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
