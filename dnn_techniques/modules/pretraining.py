"""Chapter 11, "Unsupervised Pretraining": lower layers that learn from images without labels."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.card import Card, ClassifierCard, experiment
from dnn_techniques.optim import KerasSGD

HIDDEN = (100, 100, 50)


@experiment
class Autoencoder(Card):
    """Dense 100, 100, 50, 100 and 100, each with ELU, dense 784: gives back its inputs. Adam.

    It learns to do so through a layer that is narrower than they are. The first half of its hidden
    layers, ``hidden1``, ``hidden2``, ..., are those of `FewLabelsNet` and can be copied into it;
    the others mirror them. The loss is the mean squared error of a value. Batches are as for
    `Classifier`; labels are not looked at.

    Hinton & Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006),
    https://doi.org/10.1126/science.1127647.

    Args:
        hidden: Widths of the hidden layers down to the narrowest.
    """

    hidden: Sequence[int] = HIDDEN

    optimizer = "adam"

    def make_net(self) -> nn.Module:
        """The layers."""
        mirrored = [*self.hidden, *self.hidden[-2::-1]]
        return MLP(self.in_features, mirrored, self.in_features, "elu", lecun_normal)

    def encode(self, x: Tensor) -> Tensor:
        """Outputs of the narrowest layer, (n, hidden[-1]), for samples (n, *)."""
        for name, layer in self.net.named_children():
            x = layer(x)
            if name == f"activation{len(self.hidden)}":
                break
        return x

    def data_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean squared error of a value, a scalar."""
        return F.mse_loss(outputs, targets)

    def figures(self, batch: Any) -> dict[str, Tensor]:
        """`loss` of a batch (samples, labels)."""
        x, _ = batch
        return super().figures((x, x.flatten(1)))


@experiment
class FewLabelsNet(ClassifierCard):
    """Dense 100, ELU, dense 100, ELU, dense 50, ELU, dense 10: what few labels have to train.

    LeCun's initializer.

    Claim: where there are many images and few labels, it learns better from hidden layers that were
    pretrained on all images.

    SGD with momentum, as the notes' net on a pretrained tower. Adam's steps blow up now and then,
    long after the few images are learned, when gradients are almost zero.

    Args:
        hidden: Widths of the hidden layers.
        lr: Learning rate of SGD.
        momentum: Momentum of SGD.
    """

    hidden: Sequence[int] = HIDDEN
    lr: float = 0.01
    momentum: float = 0.9

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", lecun_normal)

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum)
