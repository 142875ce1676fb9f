"""Pretraining the hidden layers of `FewLabelsNet` on images that need no labels of their classes.

Chapter 11, "Unsupervised Pretraining" and "Pretraining on an Auxiliary Task". Each function returns
weights that `copy_layers` takes.
"""

from collections.abc import Sequence
from functools import partial

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.data.pairs import DrawnPairs
from dnn_techniques.modules import Autoencoder, MNISTPairNet
from dnn_techniques.modules.mnist_pairs import TwoTowers
from dnn_techniques.studies.in_memory import train

Weights = dict[str, Tensor]

BATCH_SIZE = 128
PAIRS_BATCH_SIZE = 100


def shuffled(x: Tensor, y: Tensor, batch_size: int) -> ShuffledBatches:
    """Images in an order that torch's seed determines."""
    generator = torch.Generator().manual_seed(torch.initial_seed())
    return ShuffledBatches(x, y, batch_size, partial(torch.randperm, generator=generator))


def pretrain_in_one_go(
    x: Tensor, hidden: Sequence[int], epochs: int, callbacks: Sequence[pl.Callback] = ()
) -> Weights:
    """Train an autoencoder with all hidden layers at once.

    Args:
        x: Images (n, *).
        hidden: Widths of the hidden layers.
        epochs: Number of epochs.
        callbacks: For the trainer.

    Returns:
        Weights of ``hidden1``, ``hidden2``, ...
    """
    autoencoder = Autoencoder(x[0].numel(), hidden)
    train(autoencoder, shuffled(x, torch.zeros(len(x)), BATCH_SIZE), epochs, callbacks)
    names = [f"hidden{i}" for i in range(1, len(hidden) + 1)]
    return _weights(autoencoder.net, names)


def pretrain_layer_by_layer(
    x: Tensor, hidden: Sequence[int], epochs: int, callbacks: Sequence[pl.Callback] = ()
) -> Weights:
    """Train an autoencoder of one hidden layer, then one on its codes, and so on.

    Bengio et al., "Greedy Layer-Wise Training of Deep Networks" (2006),
    https://papers.nips.cc/paper/3048-greedy-layer-wise-training-of-deep-networks.

    Args:
        x: Images (n, *).
        hidden: Widths of the hidden layers.
        epochs: Number of epochs for each layer.
        callbacks: For the trainer.

    Returns:
        Weights of ``hidden1``, ``hidden2``, ...
    """
    weights: Weights = {}
    for i, units in enumerate(hidden, start=1):
        autoencoder = Autoencoder(x[0].numel(), [units])
        train(autoencoder, shuffled(x, torch.zeros(len(x)), BATCH_SIZE), epochs, callbacks)
        layer = _weights(autoencoder.net, ["hidden1"])
        weights |= {name.replace("hidden1", f"hidden{i}"): v for name, v in layer.items()}
        with torch.no_grad():
            x = autoencoder.encode(x)
    return weights


def pretrain_on_pairs(
    x: Tensor,
    y: Tensor,
    hidden: Sequence[int],
    epochs: int,
    callbacks: Sequence[pl.Callback] = (),
) -> Weights:
    """Train two towers to tell whether two images show the same class, and take the first.

    For each pair this needs to be known, which is less than the classes.

    Args:
        x: Images (n, *).
        y: Their classes, (n,), from which the pairs are made.
        hidden: Widths of the hidden layers of a tower.
        epochs: Number of epochs of n pairs.
        callbacks: For the trainer.

    Returns:
        Weights of ``hidden1``, ``hidden2``, ...
    """
    module = MNISTPairNet(x[0].numel(), hidden)
    generator = torch.Generator().manual_seed(torch.initial_seed())
    train(module, DrawnPairs(x, y, PAIRS_BATCH_SIZE, generator), epochs, callbacks)
    assert isinstance(module.net, TwoTowers)
    return _weights(module.net.tower_a, [f"hidden{i}" for i in range(1, len(hidden) + 1)])


def _weights(net: nn.Module, layers: Sequence[str]) -> Weights:
    """Copies of the weights of these layers."""
    state = net.state_dict()
    return {k: v.clone() for k, v in state.items() if k.partition(".")[0] in layers}
