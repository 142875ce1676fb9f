"""Loss and accuracy of an epoch, kept as tensors on the device."""

import torch
from torch import Tensor


class EpochMeans:
    """Sample-weighted means of loss and accuracy over an epoch, as Keras reports them.

    Nothing is copied to the host before `compute`, so that the device never waits.

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
    def update(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch.

        Args:
            loss: Mean loss of the batch, a scalar.
            logits: (n, classes).
            labels: (n,).
        """
        n = len(labels)
        correct = (logits.argmax(dim=1) == labels).sum()
        self.samples += n
        self.batches += 1
        self.total = self.total.to(loss.device) + torch.stack([loss * n, correct])
        self.sum_of_means = self.sum_of_means.to(loss.device) + self.total / self.samples

    def compute(self) -> tuple[Tensor, Tensor]:
        """Mean loss and accuracy over the samples so far."""
        return tuple(self.total / self.samples)

    def compute_printed(self) -> tuple[Tensor, Tensor]:
        """Loss and accuracy as TensorFlow 2.4's progress bar would print them."""
        last = self.total / self.samples
        return tuple((self.sum_of_means + last) / (self.batches + 1))
