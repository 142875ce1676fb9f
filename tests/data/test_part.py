"""Parts of a data set: classes, first images."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dnn_techniques.data import ImageData, load
from dnn_techniques.data.part import Part
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]
LABELS = torch.tensor([3, 1, 0, 1, 2, 3, 1, 0])


def test_classes_are_renumbered_in_the_given_order() -> None:
    places, labels = Part(classes=[3, 1]).evaluated(LABELS)
    assert places.tolist() == [0, 1, 3, 5, 6]
    assert labels.tolist() == [0, 1, 1, 0, 1]
    assert Part(classes=[3, 1]).names(["a", "b", "c", "d"]) == ("d", "b")


def test_the_first_images_train() -> None:
    places, labels = Part(classes=[3, 1], train=3).trained(LABELS)
    assert places.tolist() == [0, 1, 3]
    assert labels.tolist() == [0, 1, 1]
    assert len(Part(classes=[3, 1], train=3).evaluated(LABELS)[0]) == 5


def test_the_first_images_of_each_class_train() -> None:
    places, labels = Part(classes=[0, 1], per_class=2).trained(LABELS)
    assert places.tolist() == [1, 2, 3, 7]
    assert labels.tolist() == [1, 0, 1, 0]


def test_everything_by_default() -> None:
    places, labels = Part().trained(LABELS)
    assert places.tolist() == list(range(8))
    assert labels.equal(LABELS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": []}, "classes must be two or more different ones, got []"),
        ({"classes": [1]}, "classes must be two or more different ones, got [1]"),
        ({"classes": [1, 1, 2]}, "classes must be two or more different ones, got [1, 1, 2]"),
        ({"train": 0}, "train must be at least 1, got 0"),
        ({"per_class": -1}, "per_class must be at least 1, got -1"),
        ({"train": 5, "per_class": 5}, "train and per_class exclude each other; give one of them"),
        ({"classes": [0, 10]}, "classes must be from 0 to 9, got 10"),
        ({"train": 251}, "train must be at most 250, got 251"),
        ({"classes": [5, 6], "per_class": 200}, "per_class must be at most "),
    ],
)
def test_bad_parts_are_refused(
    archive: Archive, options: dict[str, list[int] | int], message: str
) -> None:
    with pytest.raises(InputError) as error:
        ImageData(root=archive().parent, validation=50, **options).prepare_data()  # type: ignore[arg-type]
    assert str(error.value).startswith(message)


def test_a_split_without_an_image_of_the_classes_is_refused() -> None:
    with pytest.raises(InputError, match=r"no image of the classes \[7, 8\] among 8"):
        Part(classes=[7, 8]).evaluated(LABELS)


def test_scaling_knows_only_the_images_that_train(archive: Archive) -> None:
    root = archive().parent
    data = ImageData(root=root, validation=50, scaling="standardize", classes=[5, 6], train=20)
    data.setup("fit")
    assert data.train[0].shape == (20, 28, 28)
    assert data.train[0].mean(dim=0).abs().max() < 1e-5
    arrays = load(root=root)
    chosen = [i for i in range(50) if arrays.y_train[i] in (5, 6)]
    assert data.valid[1].tolist() == [int(arrays.y_train[i]) - 5 for i in chosen]


@pytest.mark.real_data
def test_the_documents_parts_of_fashion_mnist() -> None:
    root = os.environ["DNN_TECHNIQUES_DATA"]
    a = ImageData("fashion_mnist", root, classes=[0, 1, 2, 3, 4, 7, 8, 9])
    b = ImageData("fashion_mnist", root, classes=[5, 6], train=200)
    for data in (a, b):
        data.setup("fit")
        data.setup("test")
    assert [len(y) for _, y in (a.train, a.valid)] == [43_986, 4_014]
    assert [len(y) for _, y in (b.train, b.valid, b.test)] == [200, 986, 2_000]
    # As the notebook prints them.
    first_a = [4, 0, 5, 7, 7, 7, 4, 4, 3, 4, 0, 1, 6, 3, 4, 3, 2, 6, 5, 3, 4, 5, 1, 3, 4, 2, 0, 6]
    first_b = [1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1]
    assert a.train[1][:30].tolist() == [*first_a, 7, 1]
    assert b.train[1][:30].tolist() == [*first_b, 1, 1]
    assert b.class_names == ("Sandal", "Shirt")
