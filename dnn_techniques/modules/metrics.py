"""Loss and accuracy of an epoch, kept as tensors on the device."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


class EpochMeans:
    """Sample-weighted means of loss and accuracy over an epoch, as Keras reports them.

    Nothing is copied to the host before the result is read, so that the device never waits.

    The progress bar of TensorFlow 2.4 shows another figure on its last line: it averages the
    running means m_1..m_T of the T batches once more, (m_1 + ... + m_T + m_T) / (T + 1). The
    training figures that the TensorFlow 2.4 edition prints are such double means; to compare like
    with like, `compute_printed` gives them.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.batches = 0
        self.total = torch.zeros(())
        self.sum_of_means = torch.zeros(())

    @torch.no_grad()
    def update(self, losses: Sequence[Tensor], hits: Tensor, batch_size: int) -> None:
        """Add consecutive batches.

        Args:
            losses: Mean loss of each batch, scalars; or (seeds,) for several nets.
            hits: Which samples were classified rightly, of one batch after the other, bool, (n,);
                or (n, seeds).
            batch_size: Number of samples in each batch; the last one may be smaller.
        """
        batches, device = len(losses), hits.device
        if self.batches == 0:
            self.total = self.sum_of_means = torch.zeros((), device=device)
        missing = batches * batch_size - len(hits)
        n = torch.full((batches,), float(batch_size), device=device)
        n[-1] -= missing
        right = F.pad(hits.movedim(0, -1).float(), (0, missing))
        right = right.unflatten(-1, (batches, batch_size)).sum(dim=-1)
        sums = torch.stack([torch.stack(list(losses), dim=-1) * n, right])
        # A triangular product, since torch.cumsum has no deterministic kernel on CUDA.
        triangle = torch.ones(batches, batches, device=device).triu()
        totals = self.total[..., None] + sums @ triangle
        seen = self.samples + n @ triangle
        self.total = totals[..., -1]
        self.sum_of_means = self.sum_of_means + (totals / seen).sum(dim=-1)
        self.samples += len(hits)
        self.batches += batches

    def compute(self) -> Tensor:
        """Mean loss and accuracy over the samples so far, (2,) or (2, seeds)."""
        return self.total / self.samples

    def compute_printed(self) -> Tensor:
        """What TensorFlow 2.4's progress bar would print for both, (2,) or (2, seeds)."""
        return (self.sum_of_means + self.compute()) / (self.batches + 1)
