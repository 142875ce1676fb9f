"""Classification into two classes with one output."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Subset, TensorDataset

from dnn_techniques.data.minibatches import Batches, ShuffledBatches
from dnn_techniques.errors import InputError
from dnn_techniques.modules.classifier import Classifier


class BinaryClassifier(Classifier):
    """A `Classifier` whose net has one logit: Keras's sigmoid output with binary cross-entropy.

    The net maps images (n, *) to logits (n, 1); labels are 0 or 1, (n,). A sample is classified as
    1 where the probability is above one half, that is where the logit is above 0.

    The loss takes no notice of other labels. A Trainer's training samples are looked through once,
    before the first step, where their labels are in memory: see `labels_in_memory`.
    """

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean binary cross-entropy of a batch in nats, a scalar."""
        return F.binary_cross_entropy_with_logits(outputs[:, 0], targets.to(outputs.dtype))

    def hits(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which samples are classified rightly, bool, (n,)."""
        return (outputs[:, 0] > 0) == targets.bool()

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Probabilities of the classes 0 and 1, (n, 2)."""
        return torch.cat([-outputs, outputs], dim=1).sigmoid()

    def on_train_start(self) -> None:
        """Look through the labels of the training samples.

        Raises:
            InputError: If one is neither 0 nor 1.
        """
        labels = labels_in_memory(self.trainer.train_dataloader)
        if labels is not None and bool(((labels != 0) & (labels != 1)).any()):
            raise InputError(
                f"{type(self).__name__} tells the labels 0 and 1 apart, got"
                f" {labels.unique().tolist()}; take a Classifier, or two classes"
            )


def labels_in_memory(samples: Any) -> Tensor | None:
    """Labels (n,) of a loader, or of what it loads from; None where they are not one tensor."""
    match samples:
        case ShuffledBatches() | Batches():
            return samples.y
        case DataLoader():
            return labels_in_memory(samples.dataset)
        case Subset():
            labels = labels_in_memory(samples.dataset)
            return None if labels is None else labels[list(samples.indices)]
        case TensorDataset():
            return samples.tensors[-1]
    return None
