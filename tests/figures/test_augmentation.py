import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dnn_techniques.data import load
from dnn_techniques.figures import augmentation

Archive = Callable[..., Path]


def test_draws_the_images_and_then_changed_ones(archive: Archive) -> None:
    arrays = load("fashion_mnist", archive().parent)
    before = torch.get_rng_state()
    figure = augmentation.build(arrays)
    assert torch.equal(torch.get_rng_state(), before)
    assert len(figure.axes) == augmentation.IMAGES * (augmentation.EPOCHS + 1)
    pictures = [np.asarray(axis.images[0].get_array()) for axis in figure.axes]
    rows = np.reshape(pictures, (augmentation.IMAGES, augmentation.EPOCHS + 1, 28, 28))
    np.testing.assert_allclose(rows[:, 0], arrays.x_train[: augmentation.IMAGES] / 255, atol=1e-6)
    for row in rows:
        assert len(np.unique(row, axis=0)) == augmentation.EPOCHS + 1
    assert "fashion_mnist, changed anew each time: max_shift=1" in figure.get_suptitle()


def test_digits_in_the_place_of_fashion_mnist_are_said(archive: Archive) -> None:
    arrays = load("fashion_mnist", archive().parent)
    figure = augmentation.build(dataclasses.replace(arrays, stands_in_for="fashion_mnist"))
    assert "digits, NOT fashion_mnist" in figure.get_suptitle()
