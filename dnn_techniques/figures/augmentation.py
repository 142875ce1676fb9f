"""Images as each epoch shows them with data augmentation (the notes, "Data Augmentation")."""

from pathlib import Path

import torch
from matplotlib.figure import Figure

from dnn_techniques.data import load
from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.modules import AugmentedNet

SEED = 42
IMAGES = 5
EPOCHS = 8


def draw(out: Path) -> Figure:
    """Draw images of Fashion MNIST, changed as ``augmentation/with`` changes those it trains on.

    Raises:
        InputError: If the data cannot be had.
    """
    return build(load())


def build(arrays: ImageArrays) -> Figure:
    """Draw a row for each of the first images: as it is, then as an epoch each would show it."""
    images = torch.from_numpy(arrays.x_train[:IMAGES]) / 255
    with torch.random.fork_rng([]):
        torch.manual_seed(SEED)
        augment = AugmentedNet().make_augmentation()
        columns = [images, *(augment(images) for _ in range(EPOCHS))]
    figure = Figure(figsize=(0.95 * len(columns), IMAGES + 0.8), layout="constrained")
    stand_in = arrays.stands_in_for
    where = f"digits, NOT {stand_in}" if stand_in else arrays.facts.name
    figure.suptitle(f"Images of {where}, changed anew each time: {augment.extra_repr()}")
    axes = figure.subplots(IMAGES, len(columns))
    for column, (changed, of_column) in enumerate(zip(columns, axes.T, strict=True)):
        for axis, image in zip(of_column, changed, strict=True):
            axis.imshow(image.numpy(), cmap="gray_r", vmin=0, vmax=1 + augment.lighting)
            axis.set(xticks=[], yticks=[])
        of_column[0].set_title(f"epoch {column}" if column else "as it is", fontsize="small")
    return figure
