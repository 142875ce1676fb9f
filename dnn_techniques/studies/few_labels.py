"""Accuracy against the number of labels, with and without pretraining: ``pretraining-study``.

Chapter 11, "Unsupervised Pretraining": where there are many images and few labels, pretrain the
lower layers on all images, and train on from them with the labels.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tqdm import tqdm

from dnn_techniques.callbacks.progress import EpochProgress
from dnn_techniques.data import ImageData
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.data.pairs import first_of_each_class
from dnn_techniques.errors import InputError
from dnn_techniques.modules import FewLabelsNet
from dnn_techniques.modules.pretraining import HIDDEN
from dnn_techniques.reuse import Freezing, Phase, copy_layers
from dnn_techniques.runs.seeds import seed_everything
from dnn_techniques.studies.evaluation import accuracy
from dnn_techniques.studies.in_memory import train
from dnn_techniques.studies.pretraining import (
    Weights,
    pretrain_in_one_go,
    pretrain_layer_by_layer,
    pretrain_on_pairs,
    shuffled,
)
from dnn_techniques.terminal import say

NOTHING = "no pretraining"
IN_ONE_GO = "autoencoder, in one go"
LAYER_BY_LAYER = "autoencoder, layer by layer"
PAIRS = "same class or not, on pairs"
WAYS = (NOTHING, IN_ONE_GO, LAYER_BY_LAYER, PAIRS)

BATCH_SIZE = 32


@dataclass(frozen=True)
class Settings:
    """What the study trains.

    Attributes:
        seeds: Of weights, batches and the choice of the labelled images.
        labels: Numbers of labelled images, each a multiple of the number of classes.
        pretraining: Epochs over all training images; an autoencoder trained layer by layer has so
            many for each layer.
        epochs: Epochs over the labelled images.
        frozen: In the first so many of them the pretrained layers are frozen.
    """

    seeds: Sequence[int]
    labels: Sequence[int]
    pretraining: int
    epochs: int
    frozen: int

    def check(self, data: ImageData) -> None:
        """Raise InputError if a value is out of range, or the data has not so many images."""
        for name, least in (("pretraining", 1), ("epochs", 1), ("frozen", 0)):
            if getattr(self, name) < least:
                raise InputError(f"--{name} must be at least {least}, got {getattr(self, name)}")
        if self.frozen >= self.epochs:
            raise InputError(f"--frozen must be below --epochs {self.epochs}, got {self.frozen}")
        y = torch.from_numpy(data.arrays.y_train)[data.validation :]
        classes = len(data.class_names)
        most = classes * int(torch.bincount(y.long()).min())
        for n in self.labels:
            if n < 1 or n % classes or n > most:
                raise InputError(
                    f"--labels must be multiples of {classes}, so many of each class, up to {most},"
                    f" got {n}"
                )


# Test accuracy by way of pretraining and number of labels, one for each seed.
Accuracies = dict[str, dict[int, list[float]]]


def measure(settings: Settings, data: ImageData) -> Accuracies:
    """Pretrain in every way under every seed, and train with every number of labels.

    All training images are used to pretrain; the test images measure, once, the net after the last
    epoch. Under a seed all ways have the same labelled images, of which the fewer are among the
    more, and begin with the same output layer.
    """
    data.setup("fit")
    data.setup("test")
    found: Accuracies = {way: {n: [] for n in settings.labels} for way in WAYS}
    for seed in settings.seeds:
        for way in WAYS:
            start = time.perf_counter()
            weights = pretrained(way, data.train, settings.pretraining, seed)
            seconds = time.perf_counter() - start
            sizes = tqdm(settings.labels, desc=way, leave=False, disable=not sys.stdout.isatty())
            for n in sizes:
                labelled = choose_labelled(data.train, n, seed)
                found[way][n].append(fine_tuned(weights, labelled, data.test, settings, seed))
            said = ", ".join(f"{n} labels {found[way][n][-1]:.4f}" for n in settings.labels)
            say(f"seed {seed}, {way} ({seconds:.0f} s): {said}")
    return found


def pretrained(way: str, train_split: Batch, epochs: int, seed: int) -> Weights:
    """Weights of the hidden layers, none for `NOTHING`."""
    seed_everything(seed)
    x, y = train_split
    shown = [EpochProgress(show=lambda line: None)]
    if way == IN_ONE_GO:
        return pretrain_in_one_go(x, HIDDEN, epochs, shown)
    if way == LAYER_BY_LAYER:
        return pretrain_layer_by_layer(x, HIDDEN, epochs, shown)
    if way == PAIRS:
        return pretrain_on_pairs(x, y, HIDDEN, epochs, shown)
    return {}


def choose_labelled(train_split: Batch, n: int, seed: int) -> Batch:
    """Draw `n` of the training images, as many of each class."""
    x, y = train_split
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    chosen = order[first_of_each_class(y[order], n // len(y.unique()))]
    return x[chosen], y[chosen]


def fine_tuned(
    weights: Weights, labelled: Batch, test: Batch, settings: Settings, seed: int
) -> float:
    """Test accuracy of a net that goes on from pretrained layers with the labelled images."""
    seed_everything(seed, builds_on="pretraining")
    x, y = labelled
    module = FewLabelsNet(x[0].numel(), HIDDEN, classes=len(y.unique()))
    callbacks = []
    if weights:
        copy_layers(weights, module.net)
        if settings.frozen:
            phases = [Phase(frozen=["hidden*"]), Phase(after=settings.frozen)]
            callbacks.append(Freezing(phases))
    train(module, shuffled(x, y, BATCH_SIZE), settings.epochs, callbacks)
    return accuracy(module, test)
