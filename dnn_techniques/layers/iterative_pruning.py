"""Iterative magnitude pruning: a net loses its smallest weights little by little as it trains.

Chapter 11, "Training Sparse Models", names the pruning API of TensorFlow's Model Optimization
Toolkit; its schedule is that of Zhu & Gupta, "To Prune, or Not to Prune: Exploring the Efficacy of
Pruning for Model Compression" (2017), arXiv:1710.01878.
"""

import torch
from torch import Tensor, nn

from dnn_techniques.layers.sparsity import kernels_of


class IterativePruning:
    """Sets ever more of the smallest weights to zero, and keeps those that are zero there.

    In each of `rounds` rounds, spread evenly over the first part of the training, the share of
    zeros in all kernels together becomes, when the share d of that part is done::

        share (1 - (1 - d)^3)

    so that much is pruned early, where little depends on it. In the rest of the training the
    weights that are left make up for those that went. All kernels are ranked together, as in
    `prune_to_fraction`; TensorFlow's toolkit prunes each layer to the same share.

    The zeros of the weights are all that there is to know: a training that goes on from a
    checkpoint calls `start` again.

    Args:
        share: Share of the kernels' weights to be zero in the end, in [0, 1).
        rounds: Number of rounds, at least 1.
        until: Share of the training after which nothing more is pruned, in (0, 1].

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> net = nn.Sequential(nn.Linear(10, 4), nn.ReLU(), nn.Linear(4, 5))
        >>> pruning = IterativePruning(0.75)
        >>> pruning.start(net)
        >>> for step in range(1, 101):
        ...     pruning(net, step, 100)  # after the optimizer's step
        >>> int(sum((layer.weight == 0).sum() for layer in (net[0], net[2])))
        45
    """

    def __init__(self, share: float, rounds: int = 20, until: float = 0.5) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"share must be in [0, 1), got {share}")
        if rounds < 1:
            raise ValueError(f"rounds must be at least 1, got {rounds}")
        if not 0 < until <= 1:
            raise ValueError(f"until must be in (0, 1], got {until}")
        self.share = share
        self.rounds = rounds
        self.until = until

    def start(self, net: nn.Module) -> None:
        """Take the weights that are zero as pruned.

        Raises:
            ValueError: If the net has no kernel.
        """
        self.pruned = [weight == 0 for weight in kernels_of(net)]

    @torch.no_grad()
    def __call__(self, net: nn.Module, step: int, steps: int) -> None:
        """Prune after an optimizer step.

        Args:
            net: Changed in place.
            step: Number of the step, from 1.
            steps: Number of steps of the whole training.
        """
        kernels = kernels_of(net)
        for weight, pruned in zip(kernels, self.pruned, strict=True):
            weight.masked_fill_(pruned, 0)
        if self._round(step, steps) > self._round(step - 1, steps):
            self.pruned = _smallest(kernels, self.share_after(self._round(step, steps)))
            for weight, pruned in zip(kernels, self.pruned, strict=True):
                weight.masked_fill_(pruned, 0)

    def share_after(self, round: int) -> float:
        """Share of zeros after a round, from 1; 0 before the first."""
        return self.share * (1 - (1 - round / self.rounds) ** 3)

    def _round(self, step: int, steps: int) -> int:
        """Number of rounds that there have been after a step."""
        return min(self.rounds, int(step / steps / self.until * self.rounds + 1e-9))


def _smallest(kernels: list[Tensor], share: float) -> list[Tensor]:
    """Masks of the weights that are smallest in all kernels together."""
    magnitudes = torch.cat([weight.abs().flatten() for weight in kernels])
    count = round(share * len(magnitudes))
    if count == 0:
        return [weight == 0 for weight in kernels]
    threshold = magnitudes.kthvalue(count).values
    return [weight.abs() <= threshold for weight in kernels]
