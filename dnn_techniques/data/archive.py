"""Image data sets as NumPy archives in the layout of Keras's data sets."""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnn_techniques.documents.catalog import ImageSet
from dnn_techniques.errors import InputError

PARTS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class ImageArrays:
    """A data set in memory.

    Attributes:
        facts: What the catalog says of it.
        source: Where it came from, for people.
        x_train: Training images, uint8, (n, *facts.shape).
        y_train: Training labels, int64, (n,).
        x_test: Test images, like `x_train`.
        y_test: Test labels, like `y_train`.
        stands_in_for: Name of the data set that could not be had, if this one replaces it.
    """

    facts: ImageSet
    source: str
    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    stands_in_for: str | None = None

    def digest(self) -> str:
        """SHA-256 over the four arrays (names, shapes and values), however they were stored.

        The order of the training images counts, since the first ones validate. That of the test
        pairs does not where the catalog says so (`ImageSet.any_test_order`).
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        arrays = {part: np.ascontiguousarray(getattr(self, part)) for part in PARTS}
        if self.facts.any_test_order:
            x, y = arrays["x_test"], arrays["y_test"]
            order = sorted(range(len(x)), key=lambda i: (x[i].tobytes(), y[i]))
            arrays |= {"x_test": x[order], "y_test": y[order]}
        sha = hashlib.sha256()
        for part, array in arrays.items():
            sha.update(f"{part}{array.shape}{array.dtype}".encode())
            sha.update(array.data)
        return sha.hexdigest()


def read_archive(path: Path, facts: ImageSet) -> ImageArrays:
    """Read and check ``<name>.npz``.

    Args:
        path: The archive, with the arrays `x_train`, `y_train`, `x_test` and `y_test`.
        facts: What it has to be.

    Raises:
        InputError: If it is no NumPy archive, is damaged, lacks an array, or an array has another
            shape, type or range of labels than `facts` says.
    """

    def bad(what: str) -> InputError:
        return InputError(
            f"{path}: {what}; replace it by Keras's {facts.name}.npz, or delete it to have it"
            " downloaded"
        )

    if not zipfile.is_zipfile(path):
        raise bad("not a NumPy archive (.npz), or only part of one")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [part for part in PARTS if part not in archive.files]
            if missing:
                raise bad(f"lacks {', '.join(missing)}")
            arrays = {part: archive[part] for part in PARTS}
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{path}: not enough memory to read it ({error})") from error
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        raise bad(f"cannot be read ({' '.join(str(error).split())})") from error

    for part, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise bad(f"{part} is no array")
    for half in ("train", "test"):
        x, y = arrays[f"x_{half}"], arrays[f"y_{half}"]
        if x.dtype != np.uint8:
            raise bad(f"x_{half} has dtype {x.dtype}, not uint8")
        if x.shape[1:] != facts.shape or len(x) == 0:
            raise bad(f"x_{half} has shape {x.shape}, not (n, {', '.join(map(str, facts.shape))})")
        if not np.issubdtype(y.dtype, np.integer):
            raise bad(f"y_{half} has dtype {y.dtype}, not an integer type")
        if y.shape not in ((len(x),), (len(x), 1)):
            raise bad(f"y_{half} has shape {y.shape}, not ({len(x)},)")
        y = y.reshape(-1).astype(np.int64)
        if y.min() < 0 or y.max() >= len(facts.class_names):
            raise bad(
                f"y_{half} has labels from {y.min()} to {y.max()},"
                f" not from 0 to {len(facts.class_names) - 1}"
            )
        arrays[f"y_{half}"] = y
    return ImageArrays(facts=facts, source=str(path), **arrays)
