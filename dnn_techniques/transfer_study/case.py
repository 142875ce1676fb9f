"""One case of the study: a net for a pair of classes, with transfer and without."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dnn_techniques.data.minibatches import Batch
from dnn_techniques.layers.backprop import Backprop
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.modules import TaskBNet
from dnn_techniques.reuse import copy_layers
from dnn_techniques.transfer_study.task_a import Pair

EPOCHS = 20
FROZEN_EPOCHS = 4
BATCH_SIZE = 32


class Case(NamedTuple):
    """Test errors of the two nets of a seed, as numbers of images.

    Attributes:
        seed: The seed.
        alone: Errors of the net without transfer.
        transfer: Errors of the net with transfer.
        both: Images that both get wrong.
    """

    seed: int
    alone: int
    transfer: int
    both: int


def run_case(
    pair: Pair, size: int, seed: int, task_a: dict[str, Tensor], train: Batch, test: Batch
) -> Case:
    """Train both nets on the same images, as ``transfer/model_b`` and ``transfer/b_on_a`` are.

    The documents train on the first 200 images; here they are drawn with the seed, so that the
    spread is that of all that chance decides: images, first weights, order. The images of a smaller
    size are among those of a larger one. All numbers depend on the pair and the seed.

    Args:
        pair: The two classes.
        size: Number of training images.
        seed: From 0 to 999.
        task_a: Weights of the net for the other classes.
        train: All training images of the two classes, (n, *), and labels 0 and 1, (n,).
        test: Their test images and labels.
    """
    torch.manual_seed(1000 * (10 * pair[0] + pair[1]) + seed)
    chosen = torch.randperm(len(train[1]))[:size]
    x, labels = train[0][chosen], train[1][chosen]
    modules = without_transfer(x, labels), with_transfer(task_a, x, labels)
    alone, transfer = (_wrong(module, test) for module in modules)
    return Case(seed, *(int(wrong.sum()) for wrong in (alone, transfer, alone & transfer)))


def without_transfer(x: Tensor, labels: Tensor) -> TaskBNet:
    """Train a net on images (n, *) and labels (n,) from nothing."""
    module = TaskBNet()
    descend(module.net, x, labels, EPOCHS, module.lr)
    return module


def with_transfer(task_a: dict[str, Tensor], x: Tensor, labels: Tensor) -> TaskBNet:
    """Train a net on images (n, *) and labels (n,) on the hidden layers of another.

    While they are frozen their outputs stay the same, and only the output layer learns.
    """
    module = TaskBNet()
    copy_layers(task_a, module.net)
    *hidden, output = named_layers(module.net).values()
    with torch.no_grad():
        features = nn.Sequential(*hidden)(x)
    descend(output, features, labels, FROZEN_EPOCHS, module.lr)
    descend(module.net, x, labels, EPOCHS - FROZEN_EPOCHS, module.lr)
    return module


def descend(net: nn.Module, x: Tensor, labels: Tensor, epochs: int, lr: float) -> None:
    """Train a net with one logit by plain gradient descent in minibatches of 32.

    A loop instead of the Trainer, which takes longer for an epoch of seven steps than they do.

    Args:
        net: Maps (n, *) to logits (n, 1).
        x: Training images or features, (n, *).
        labels: 0 or 1, (n,).
        epochs: Number of epochs, each in a new order.
        lr: Learning rate.
    """
    backprop = Backprop(net)
    targets = labels.to(x.dtype)[:, None]
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(BATCH_SIZE):
            logits = backprop.forward(x[chosen])
            # Derivative of the mean binary cross-entropy of the logits.
            backprop.descend((logits.sigmoid_() - targets[chosen]) / len(chosen), lr)


@torch.no_grad()
def _wrong(module: TaskBNet, test: Batch) -> Tensor:
    """Which test images are misclassified, bool, (n,)."""
    images, labels = test
    return ~module.hits(module(images), labels)
