import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnn_techniques.data.archive import PARTS, read_archive
from dnn_techniques.documents.catalog import IMAGES
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]
FACTS = IMAGES["fashion_mnist"]


def test_reads_what_keras_writes(archive: Archive) -> None:
    arrays = read_archive(archive(), FACTS)
    assert arrays.x_train.shape == (300, 28, 28)
    assert arrays.y_test.shape == (100,)
    assert arrays.y_train.dtype == np.int64


def test_labels_may_be_a_column(archive: Archive) -> None:
    column = np.zeros((300, 1), np.uint8)
    assert read_archive(archive(y_train=column), FACTS).y_train.shape == (300,)


def test_digest_depends_on_values_not_on_storage(archive: Archive) -> None:
    path = archive()
    arrays = read_archive(path, FACTS)
    np.savez_compressed(path, **{part: getattr(arrays, part) for part in PARTS})
    assert read_archive(path, FACTS).digest() == arrays.digest()
    x_test = arrays.x_test.copy()
    x_test[0, 0, 0] += 1
    assert replace(arrays, x_test=x_test).digest() != arrays.digest()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_digest_of_labels_in_a_column_of_any_integers(archive: Archive, dtype: type) -> None:
    arrays = read_archive(archive(), FACTS)
    columns: list[Any] = [y[:, None].astype(dtype) for y in (arrays.y_train, arrays.y_test)]
    path = archive(y_train=columns[0], y_test=columns[1])
    assert read_archive(path, FACTS).digest() == arrays.digest()


@pytest.mark.parametrize("any_order", [True, False])
def test_the_order_of_test_pairs_counts_unless_the_catalog_says_otherwise(
    archive: Archive, any_order: bool
) -> None:
    arrays = read_archive(archive(), replace(FACTS, any_test_order=any_order))
    other = replace(arrays, x_test=arrays.x_test[::-1], y_test=arrays.y_test[::-1])
    assert (other.digest() == arrays.digest()) == any_order


@pytest.mark.parametrize(
    ("replaced", "complaint"),
    [
        ({"y_test": None}, "lacks y_test"),
        ({"x_train": np.zeros((300, 28, 28), np.float32)}, "x_train has dtype float32, not uint8"),
        ({"x_test": np.zeros((100, 784), np.uint8)}, r"x_test has shape \(100, 784\)"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8)}, r"x_test has shape \(0, 28, 28\)"),
        ({"y_train": np.zeros(300)}, "y_train has dtype float64, not an integer type"),
        ({"y_train": np.zeros(299, int)}, r"y_train has shape \(299,\), not \(300,\)"),
        ({"y_test": np.full(100, 10)}, "y_test has labels from 10 to 10, not from 0 to 9"),
        ({"y_test": np.full(100, -1)}, "y_test has labels from -1 to -1"),
        ({"y_train": np.array([None] * 300)}, "cannot be read"),
    ],
)
def test_names_what_is_wrong(archive: Archive, replaced: dict[str, Any], complaint: str) -> None:
    path = archive(**replaced)
    with pytest.raises(InputError, match=complaint) as error:
        read_archive(path, FACTS)
    assert str(path) in str(error.value)
    assert "delete it" in str(error.value)


def test_members_must_be_arrays(archive: Archive) -> None:
    path = archive(x_train=None)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("x_train", b"abc")
    with pytest.raises(InputError, match="x_train is no array"):
        read_archive(path, FACTS)


def test_a_part_of_an_archive_is_refused(archive: Archive) -> None:
    path = archive()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="only part of one"):
        read_archive(path, FACTS)


def test_a_damaged_archive_is_refused(archive: Archive) -> None:
    path = archive()
    content = bytearray(path.read_bytes())
    content[1000:1100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read_archive(path, FACTS)


@pytest.mark.parametrize("header", [b"{'descr': '|u1', 'fortran_order': False, 'shape': (", b"("])
def test_an_array_with_a_damaged_header_is_refused(archive: Archive, header: bytes) -> None:
    """NumPy raises errors of Python's tokenizer for some."""
    path = archive(x_test=None)
    with zipfile.ZipFile(path, "a") as file:
        length = len(header).to_bytes(2, "little")
        file.writestr("x_test.npy", b"\x93NUMPY\x01\x00" + length + header)
    with pytest.raises(InputError, match="cannot be read"):
        read_archive(path, FACTS)


def test_damaged_lzma_data_is_refused(archive: Archive) -> None:
    path = archive(x_test=None)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as file:
        file.writestr("x_test.npy", bytes(range(256)) * 100)
        start = file.getinfo("x_test.npy").header_offset + 60
    content = bytearray(path.read_bytes())
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read_archive(path, FACTS)


def test_a_lack_of_memory_is_no_damage(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*args: object, **kwargs: object) -> None:
        raise MemoryError("Unable to allocate 1 GiB")

    monkeypatch.setattr(np, "load", load)
    with pytest.raises(InputError, match="not enough memory to read it"):
        read_archive(archive(), FACTS)
