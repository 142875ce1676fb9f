"""One case of the study: nets for a pair of classes, without transfer and with both recipes."""

from typing import NamedTuple

import torch
from torch import Tensor

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.modules import TaskBNet
from dnn_techniques.reuse import Freezing, Phase, copy_layers, freeze
from dnn_techniques.studies.evaluation import accuracy, right
from dnn_techniques.studies.in_memory import train
from dnn_techniques.studies.transfer.recipe import RECIPES, Recipe
from dnn_techniques.studies.transfer.task_a import Pair

EPOCHS = 20
BATCH_SIZE = 32


class Images(NamedTuple):
    """Images of a pair, (n, *), each with labels 0 and 1, (n,).

    Attributes:
        train: Those that training images are drawn from.
        valid: Validation images.
        test: Test images.
    """

    train: Batch
    valid: Batch
    test: Batch


class Transferred(NamedTuple):
    """What a net with transfer comes to.

    Attributes:
        errors: Its test errors, a number of images.
        both: Test images that the net without transfer gets wrong too.
        frozen_accuracy: Its validation accuracy when the frozen layers are unfrozen.
    """

    errors: int
    both: int
    frozen_accuracy: float


class Case(NamedTuple):
    """The nets of a seed.

    Attributes:
        seed: The seed.
        alone: Test errors of the net without transfer, a number of images.
        transferred: The net of each recipe, in the order of `RECIPES`.
    """

    seed: int
    alone: int
    transferred: tuple[Transferred, ...]


def run_case(pair: Pair, size: int, seed: int, task_a: dict[str, Tensor], images: Images) -> Case:
    """Train all nets on the same images, as ``transfer/model_b``, ``b_on_a`` and ``b_on_a_book``.

    The documents train on the first 200 images; here they are drawn with the seed, so that the
    spread is that of all that chance decides: images, first weights, order. The images of a smaller
    size are among those of a larger one. All numbers depend on the pair and the seed. The recipes
    begin with the same weights of the output layer and have the same order of images.

    Args:
        pair: The two classes.
        size: Number of training images.
        seed: From 0 to 999.
        task_a: Weights of the net for the other classes.
        images: Images of the two classes.
    """
    torch.manual_seed(1000 * (10 * pair[0] + pair[1]) + seed)
    chosen = torch.randperm(len(images.train[1]))[:size]
    x, labels = images.train[0][chosen], images.train[1][chosen]
    alone = ~right(without_transfer(x, labels), images.test)
    drawn = torch.get_rng_state()
    transferred = []
    for recipe in RECIPES:
        torch.set_rng_state(drawn)
        module, frozen_accuracy = with_transfer(recipe, task_a, x, labels, images.valid)
        wrong = ~right(module, images.test)
        errors, both = int(wrong.sum()), int((alone & wrong).sum())
        transferred.append(Transferred(errors, both, frozen_accuracy))
    return Case(seed, int(alone.sum()), tuple(transferred))


def without_transfer(x: Tensor, labels: Tensor) -> TaskBNet:
    """Train a net on images (n, *) and labels (n,) from nothing."""
    module = TaskBNet()
    train(module, _minibatches(x, labels), EPOCHS)
    return module


def with_transfer(
    recipe: Recipe, task_a: dict[str, Tensor], x: Tensor, labels: Tensor, valid: Batch
) -> tuple[TaskBNet, float]:
    """Train a net on images (n, *) and labels (n,) on the hidden layers of another.

    While they are frozen their outputs stay the same, and only the output layer learns.

    Returns:
        The net, and its accuracy on the validation images when the layers are unfrozen.
    """
    module = TaskBNet(lr=recipe.frozen_rate)
    copy_layers(task_a, module.net)
    batches = _minibatches(x, labels)
    frozen = Freezing([Phase(frozen=["hidden*"], cached=True)])
    train(module, batches, recipe.frozen_epochs, [frozen])
    frozen_accuracy = accuracy(module, valid)

    module.train()
    freeze(module.net, ())
    module.lr = recipe.rate
    train(module, batches, recipe.epochs)  # with a new optimizer, as after Keras's compile
    return module, frozen_accuracy


def _minibatches(x: Tensor, labels: Tensor) -> ShuffledBatches:
    return ShuffledBatches(x, labels, BATCH_SIZE, torch.randperm)
