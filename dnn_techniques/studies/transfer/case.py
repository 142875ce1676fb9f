"""One case of the study: a net for a pair of classes, with transfer and without."""

from typing import NamedTuple

import torch
from torch import Tensor

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.modules import TaskBNet
from dnn_techniques.reuse import Freezing, Phase, copy_layers
from dnn_techniques.studies.evaluation import right
from dnn_techniques.studies.in_memory import train
from dnn_techniques.studies.transfer.task_a import Pair

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
    pair: Pair, size: int, seed: int, task_a: dict[str, Tensor], images: Batch, test: Batch
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
        images: All training images of the two classes, (n, *), and labels 0 and 1, (n,).
        test: Their test images and labels.
    """
    torch.manual_seed(1000 * (10 * pair[0] + pair[1]) + seed)
    chosen = torch.randperm(len(images[1]))[:size]
    x, labels = images[0][chosen], images[1][chosen]
    modules = without_transfer(x, labels), with_transfer(task_a, x, labels)
    alone, transfer = (~right(module, test) for module in modules)
    return Case(seed, *(int(wrong.sum()) for wrong in (alone, transfer, alone & transfer)))


def without_transfer(x: Tensor, labels: Tensor) -> TaskBNet:
    """Train a net on images (n, *) and labels (n,) from nothing."""
    module = TaskBNet()
    train(module, _minibatches(x, labels), EPOCHS)
    return module


def with_transfer(task_a: dict[str, Tensor], x: Tensor, labels: Tensor) -> TaskBNet:
    """Train a net on images (n, *) and labels (n,) on the hidden layers of another.

    While they are frozen their outputs stay the same, and only the output layer learns.
    """
    module = TaskBNet()
    copy_layers(task_a, module.net)
    phases = [Phase(frozen=["hidden*"], cached=True), Phase(after=FROZEN_EPOCHS)]
    train(module, _minibatches(x, labels), EPOCHS, [Freezing(phases)])
    return module


def _minibatches(x: Tensor, labels: Tensor) -> ShuffledBatches:
    return ShuffledBatches(x, labels, BATCH_SIZE, torch.randperm)
