"""Classification where some classes or samples count more than others."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.modules.classifier import Classifier


class WeightedClassifier(Classifier):
    """A `Classifier` with Keras's `class_weight` and `sample_weight`.

    Chapter 10, "Training and evaluating the model": for skewed classes, or labels of which some are
    surer than others.

    The loss of each sample is multiplied by the weight of its class, in training only, and by a
    weight of its own where the batches are (inputs, labels, weights), weights (n,). Both are
    multiplied where both are there. As in Keras the mean is over the samples, so that large weights
    make large steps; torch's weighted cross-entropy divides by the sum of the weights. Metrics
    count each sample alike.

    Args:
        *args: Those of `Classifier`.
        class_weights: A weight for each class, in label order; None for equal ones.
        **kwargs: Those of `Classifier`.

    Raises:
        ValueError: If a weight is negative, or all are 0.

    Example:
        >>> from torch import nn
        >>> WeightedClassifier(nn.Linear(2, 3), class_weights=[1, 1, 10]).class_weights
        tensor([ 1.,  1., 10.])
    """

    class_weights: Any

    def __init__(
        self, *args: Any, class_weights: Sequence[float] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if class_weights is not None and (min(class_weights) < 0 or not any(class_weights)):
            raise ValueError(
                f"class_weights must not be negative, nor all 0; got {list(class_weights)}"
            )
        weights = None if class_weights is None else torch.tensor(class_weights).float()
        self.register_buffer("class_weights", weights, persistent=False)

    def figures(self, batch: Any) -> dict[str, Tensor]:
        """`loss`, weighted, and the metrics of a batch, scalars, by name."""
        inputs, labels, *sample_weights = batch
        outputs = self.outputs(inputs)
        losses = F.cross_entropy(outputs, labels, reduction="none")
        if self.training and self.class_weights is not None:
            losses = losses * self.class_weights[labels]
        if sample_weights:
            losses = losses * sample_weights[0]
        loss = losses.mean()
        for penalty in self.penalties:
            loss = loss + penalty(self.net)
        return {"loss": loss, **self.metrics(outputs, labels)}


def balanced(labels: Tensor) -> list[float]:
    """Weights with which every class counts alike: n / (classes times samples of the class).

    As scikit-learn's ``class_weight="balanced"``; their mean over the samples is 1.

    Args:
        labels: Those of the training samples, int64, (n,).

    Raises:
        ValueError: If there is one class only, or a class has no sample.

    >>> balanced(torch.tensor([0, 0, 0, 1]))
    [0.6666666865348816, 2.0]
    """
    counts = torch.bincount(labels)
    if len(counts) < 2 or not counts.all():
        raise ValueError(f"every class needs samples, and there must be two; got {counts.tolist()}")
    weights: list[float] = (len(labels) / (len(counts) * counts)).tolist()
    return weights
