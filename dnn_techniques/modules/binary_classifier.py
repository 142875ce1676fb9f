"""Classification into two classes with one output."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.errors import InputError
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

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Accuracy of a batch.

        Raises:
            InputError: If a label is neither 0 nor 1, of which the loss would take no notice.
        """
        recorded = targets.is_cuda and torch.cuda.is_current_stream_capturing()
        if not recorded and bool(((targets < 0) | (targets > 1)).any()):
            raise InputError(
                f"{type(self).__name__} tells the labels 0 and 1 apart, got"
                f" {sorted(set(targets.tolist()))}; take a Classifier, or two classes"
            )
        return super().metrics(outputs, targets)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Probabilities of the classes 0 and 1, (n, 2)."""
        return torch.cat([-outputs, outputs], dim=1).sigmoid()
