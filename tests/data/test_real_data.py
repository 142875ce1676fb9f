"""The data sets that the documents used, where they are on this machine."""

import numpy as np
import pytest

from dnn_techniques.data import load


@pytest.mark.real_data
def test_fashion_mnist_is_the_documents() -> None:
    arrays = load("fashion_mnist")
    assert arrays.digest() == arrays.facts.sha256
    assert np.bincount(arrays.y_train).tolist() == [6000] * 10
    assert np.bincount(arrays.y_test).tolist() == [1000] * 10
    # Chapter 10 prints the class of the first image of each part.
    names = arrays.facts.class_names
    assert names[arrays.y_train[5000]] == "Coat"
    assert [names[y] for y in arrays.y_test[:3]] == ["Ankle boot", "Pullover", "Trouser"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "train", "pixels"), [("mnist", 60_000, 784), ("cifar10", 50_000, 3072)]
)
def test_the_other_image_sets_are_whole(name: str, train: int, pixels: int) -> None:
    arrays = load(name)
    assert arrays.x_train.shape[0] == train
    assert arrays.x_train[0].size == pixels
    assert arrays.x_test.shape[0] == 10_000
    assert len(np.unique(arrays.y_train)) == 10
