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
        self.total = torch.zeros(2)
        self.sum_of_means = torch.zeros(2)

    @torch.no_grad()
    def update(self, losses: Sequence[Tensor], hits: Tensor, batch_size: int) -> None:
        """Add consecutive batches.

        Args:
            losses: Mean loss of each batch, scalars.
            hits: Which samples were classified rightly, of one batch after the other, bool, (n,).
            batch_size: Number of samples in each batch; the last one may be smaller.
        """
        batches, device = len(losses), hits.device
        missing = batches * batch_size - len(hits)
        n = torch.full((batches,), float(batch_size), device=device)
        n[-1] -= missing
        right = F.pad(hits.float(), (0, missing)).view(batches, batch_size).sum(dim=1)
        sums = torch.stack([torch.stack(list(losses)) * n, right], 1)
        # A triangular product, since torch.cumsum has no deterministic kernel on CUDA.
        triangle = torch.ones(batches, batches, device=device).tril()
        totals = self.total.to(device) + triangle @ sums
        seen = self.samples + triangle @ n
        self.total = totals[-1]
        self.sum_of_means = self.sum_of_means.to(device) + (totals / seen[:, None]).sum(dim=0)
        self.samples += len(hits)
        self.batches += batches

    def compute(self) -> Tensor:
        """Mean loss and accuracy over the samples so far, shape (2,)."""
        return self.total / self.samples

    def compute_printed(self) -> Tensor:
        """Loss and accuracy as TensorFlow 2.4's progress bar would print them, shape (2,)."""
        return (self.sum_of_means + self.compute()) / (self.batches + 1)
