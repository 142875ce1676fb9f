"""Chapter 10, "Classification MLPs": several labels at once, each there or not."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.layers import MLP
from dnn_techniques.modules.card import Card, experiment
from dnn_techniques.modules.experiment import Experiment


class MultilabelClassifier(Experiment):
    """An `Experiment` whose net has a logit for each label, (n, labels): Keras's sigmoid outputs.

    Targets are 0 or 1, (n, labels). The loss is the binary cross-entropy, a mean over samples and
    labels as in Keras. Reports `accuracy`, the share of labels that are right (Keras's
    `binary_accuracy`), and `exact`, that of samples of which all are.
    """

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean binary cross-entropy of a batch in nats, a scalar."""
        return F.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype))

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Share of labels that are right, and of samples of which all are."""
        hits = (outputs > 0) == targets.bool()
        return {"accuracy": hits.float().mean(), "exact": hits.all(dim=1).float().mean()}

    def predict_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Probabilities of the labels, (n, labels), which need not add up to 1."""
        probabilities: Tensor = self.outputs(batch[0]).sigmoid()
        return probabilities


@experiment
class DigitPropertiesNet(Card, MultilabelClassifier):
    """Dense 300, ReLU, dense 100, ReLU, dense 2: is a digit of MNIST large (7 to 9), is it odd?

    Both labels of the book's example in chapter 3. The classes of the digits, (n,), become the two
    labels, (n, 2).

    Args:
        lr: Learning rate of SGD.
    """

    lr: float = 0.1

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, 2)

    def figures(self, batch: Any) -> dict[str, Tensor]:
        """`loss` and metrics of a batch of images and classes."""
        images, digits = batch
        return super().figures((images, properties(digits)))


def properties(digits: Tensor) -> Tensor:
    """Whether digits (n,) are large, 7 to 9, and whether they are odd, (n, 2).

    >>> properties(torch.tensor([5, 8]))
    tensor([[0, 1],
            [1, 0]])
    """
    return torch.stack([digits >= 7, digits % 2 == 1], dim=1).long()
