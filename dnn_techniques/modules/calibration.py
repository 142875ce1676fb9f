"""Calibration: whether a net that is 80% sure is right in 80% of the cases."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reliability:
    """Confidence and accuracy by bin of confidence: the bars of a reliability diagram.

    Guo et al., "On Calibration of Modern Neural Networks" (2017), https://arxiv.org/abs/1706.04599.

    Attributes:
        confidence: Mean confidence of each bin's samples, 0 where there are none, (bins,).
        accuracy: Share of them that is classified rightly, 0 where there are none, (bins,).
        share: Share of all samples that fall into each bin, (bins,).
    """

    confidence: Tensor
    accuracy: Tensor
    share: Tensor

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy over the samples."""
        return float((self.share * (self.confidence - self.accuracy).abs()).sum())


def reliability(probabilities: Tensor, labels: Tensor, bins: int = 15) -> Reliability:
    """Compare confidence (the largest probability) and accuracy in bins of equal width.

    Bin k of K holds the confidences in (k / K, (k + 1) / K].

    Args:
        probabilities: Of each class, (n, classes).
        labels: True classes, (n,).
        bins: Number of bins, at least 1.

    Raises:
        ValueError: If `bins` is below 1 or there are no samples.

    Example:
        >>> sure_and_half_right = torch.tensor([[0.9, 0.1], [0.9, 0.1]])
        >>> round(reliability(sure_and_half_right, torch.tensor([0, 1])).error, 4)
        0.4
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    if len(labels) == 0:
        raise ValueError("labels must not be empty")
    confidence, predicted = probabilities.double().max(dim=1)
    right = (predicted == labels).double()
    bin = (confidence * bins).ceil().long().clamp(1, bins) - 1
    members = torch.nn.functional.one_hot(bin, bins).double()
    count = members.sum(dim=0)
    return Reliability(
        confidence=members.T @ confidence / count.clamp_min(1),
        accuracy=members.T @ right / count.clamp_min(1),
        share=count / len(labels),
    )
