"""The data sets that the documents used, where they are on this machine."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from dnn_techniques.data import load
from dnn_techniques.data.archive import PARTS, ImageArrays

# Published SHA-256 of MNIST's four uncompressed IDX files, and of CIFAR-10's binary training files.
MNIST_FILES = {
    "x_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "y_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "x_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "y_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
CIFAR_10_FILES = (
    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "train", "shape"),
    [
        ("fashion_mnist", 60_000, (28, 28)),
        ("mnist", 60_000, (28, 28)),
        ("cifar10", 50_000, (32, 32, 3)),
    ],
)
def test_the_data_are_the_documents(name: str, train: int, shape: tuple[int, ...]) -> None:
    arrays = load(name)
    assert arrays.digest() == arrays.facts.sha256
    assert arrays.x_train.shape == (train, *shape)
    assert arrays.x_test.shape == (10_000, *shape)
    assert len(np.unique(arrays.y_train)) == 10


@pytest.mark.real_data
def test_fashion_mnist_begins_as_chapter_10_prints() -> None:
    arrays = load("fashion_mnist")
    assert np.bincount(arrays.y_train).tolist() == [6000] * 10
    assert np.bincount(arrays.y_test).tolist() == [1000] * 10
    names = arrays.facts.class_names
    assert names[arrays.y_train[5000]] == "Coat"
    assert [names[y] for y in arrays.y_test[:3]] == ["Ankle boot", "Pullover", "Trouser"]


@pytest.mark.real_data
def test_the_digest_of_mnist_is_that_of_the_published_files() -> None:
    arrays = load("mnist")
    for part, published in MNIST_FILES.items():
        array = getattr(arrays, part)
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        file = head + array.astype(np.uint8).tobytes()
        assert hashlib.sha256(file).hexdigest() == published


@pytest.mark.real_data
def test_the_digest_of_cifar_10_is_that_of_the_published_training_files() -> None:
    arrays = load("cifar10")
    labels = arrays.y_train[:, None].astype(np.uint8)
    pixels = arrays.x_train.transpose(0, 3, 1, 2).reshape(len(labels), -1)  # a channel at a time
    files = np.split(np.hstack([labels, pixels]), 5)
    assert tuple(hashlib.sha256(file.tobytes()).hexdigest() for file in files) == CIFAR_10_FILES


def changed(arrays: ImageArrays, what: str) -> ImageArrays:
    """A copy in which one pixel differs, or two labels or two pairs have changed places."""
    new = {part: getattr(arrays, part).copy() for part in PARTS}
    half, _, change = what.partition(" ")
    x, y = new[f"x_{half}"], new[f"y_{half}"]
    first, second = 0, int(np.flatnonzero(y != y[0])[0])
    if change == "pixel":
        x[0, 3, 4] += 1
    if change == "pairs":
        x[[first, second]] = x[[second, first]]
    if change in ("labels", "pairs"):
        y[[first, second]] = y[[second, first]]
    return replace(arrays, **new)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["fashion_mnist", "mnist", "cifar10"])
@pytest.mark.parametrize(
    "what",
    [f"{half} {change}" for half in ("train", "test") for change in ("pixel", "labels", "pairs")],
)
def test_a_changed_copy_is_not_the_documents(name: str, what: str) -> None:
    arrays = load(name)
    same = changed(arrays, what).digest() == arrays.facts.sha256
    assert same == (name == "cifar10" and what == "test pairs")


@pytest.mark.real_data
def test_the_test_pairs_of_cifar_10_may_be_in_any_order() -> None:
    arrays = load("cifar10")
    order = np.random.default_rng(0).permutation(len(arrays.y_test))
    other = replace(arrays, x_test=arrays.x_test[order], y_test=arrays.y_test[order])
    assert other.digest() == arrays.facts.sha256
