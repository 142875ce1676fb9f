"""Classification into any number of classes."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.modules.experiment import Experiment


class Classifier(Experiment):
    """An `Experiment` whose net maps images (n, *) to logits (n, classes); labels are int64, (n,).

    Keras takes the cross-entropy from the probabilities of a softmax layer and recovers the logits;
    here the net has no softmax layer. Reports `accuracy` beside the loss.

    Example:
        >>> from torch import nn
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        >>> Classifier(net, optimizer="nadam", lr=1e-3).make_optimizer().defaults["lr"]
        0.001
    """

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of a batch in nats, a scalar."""
        return F.cross_entropy(outputs, targets)

    def hits(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which samples are classified rightly, bool, (n,)."""
        return outputs.argmax(dim=1) == targets

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Accuracy of a batch."""
        return {"accuracy": self.hits(outputs, targets).float().mean()}

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Class probabilities (n, classes) of logits (n, classes)."""
        return outputs.softmax(dim=1)

    def predict_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Class probabilities (n, classes) of the images of a batch."""
        return self.probabilities(self(batch[0]))
