"""Chapter 11, "Unsupervised Pretraining": lower layers that learn from images without labels."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.optim import Optimizer

from dnn_techniques.data import Block
from dnn_techniques.layers import MLP, lecun_normal
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import KerasAdam, KerasSGD

HIDDEN = (100, 100, 50)


class Autoencoder(pl.LightningModule):
    """Learns to give back its inputs through a layer that is narrower than they are.

    The first half of its hidden layers, ``hidden1``, ``hidden2``, ..., are those of `FewLabelsNet`
    and can be copied into it; the others mirror them. The loss is the mean squared error of a
    value, logged once an epoch as `loss`. Training batches are as for `Classifier`; labels are not
    looked at.

    Hinton & Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006),
    https://doi.org/10.1126/science.1127647.

    Args:
        in_features: Number of values in a sample.
        hidden: Widths of the hidden layers down to the narrowest.
        lr: Learning rate of Adam.
    """

    def __init__(
        self, in_features: int = 784, hidden: Sequence[int] = HIDDEN, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        mirrored = [*hidden, *hidden[-2::-1]]
        self.net = MLP(in_features, mirrored, in_features, "elu", lecun_normal)
        self.depth = len(hidden)
        self.lr = lr

    def encode(self, x: Tensor) -> Tensor:
        """Outputs of the narrowest layer, (n, hidden[-1]), for samples (n, *)."""
        for name, layer in self.net.named_children():
            x = layer(x)
            if name == f"activation{self.depth}":
                break
        return x

    def loss(self, x: Tensor) -> Tensor:
        """Mean squared error of the reconstruction of samples (n, *), a scalar."""
        return F.mse_loss(self.net(x), x.flatten(1))

    def configure_optimizers(self) -> Optimizer:
        """Adam."""
        return KerasAdam(self.parameters(), self.lr)

    def on_train_epoch_start(self) -> None:
        """Start the mean of the epoch."""
        self.total = torch.zeros((), device=self.device)
        self.samples = 0

    def training_step(self, block: Block, batch_idx: int) -> None:
        """Make an optimizer step for each minibatch; with the epoch's last one log the loss."""
        optimizer = self.optimizers()
        assert isinstance(optimizer, LightningOptimizer)
        for x, _ in block.minibatches():
            optimizer.zero_grad()
            loss = self.loss(x)
            loss.backward()
            optimizer.step()
            self.total += loss.detach() * len(x)
            self.samples += len(x)
        if self.trainer.is_last_batch:
            self.log("loss", self.total / self.samples, batch_size=1)


class FewLabelsNet(Classifier):
    """Hidden ELU layers and an output for each class: what few labels have to train.

    Claim: where there are many images and few labels, it learns better from hidden layers that were
    pretrained on all images.

    SGD with momentum, as the notes' net on a pretrained tower. Adam's steps blow up now and then,
    long after the few images are learned, when gradients are almost zero.

    Args:
        in_features: Number of pixels of an image.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        lr: Learning rate of SGD.
        momentum: Its momentum.
    """

    def __init__(
        self,
        in_features: int = 784,
        hidden: Sequence[int] = HIDDEN,
        classes: int = 10,
        lr: float = 0.01,
        momentum: float = 0.9,
    ) -> None:
        super().__init__(MLP(in_features, hidden, classes, "elu", lecun_normal))
        self.save_hyperparameters()
        self.lr = lr
        self.momentum = momentum

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum)
