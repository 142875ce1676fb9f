"""Classification into two classes with one output."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.modules.classifier import Classifier


class BinaryClassifier(Classifier):
    """A `Classifier` whose net has one logit: Keras's sigmoid output with binary cross-entropy.

    The net maps images (n, *) to logits (n, 1); labels are 0 or 1, (n,). A sample is classified as
    1 where the probability is above one half, that is where the logit is above 0.
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
