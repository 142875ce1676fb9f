"""Tables of numbers as NumPy arrays: features and targets, checked."""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnn_techniques.documents.catalog import TableSet
from dnn_techniques.errors import InputError

# Below so many rows two splits leave a part empty.
FEWEST = 4


@dataclass(frozen=True, eq=False)
class TableArrays:
    """A table in memory.

    Attributes:
        facts: What is known of it.
        source: Where it came from, for people.
        x: Features, float64, (n, features).
        y: Targets, float64, (n,) or (n, targets).
    """

    facts: TableSet
    source: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    # A table that was asked for is never replaced by another one.
    stands_in_for = None

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The values (n,) of each feature and target, by name."""
        targets = self.y.reshape(len(self.y), -1)
        names = [f"{self.facts.target} {k}" for k in range(targets.shape[1])]
        if len(names) == 1:
            names = [self.facts.target]
        return dict(zip((*self.facts.features, *names), (*self.x.T, *targets.T), strict=True))

    def digest(self) -> str:
        """SHA-256 over both arrays (names, shapes and values), however they were stored."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256()
        for name, array in (("x", self.x), ("y", self.y)):
            sha.update(f"{name}{array.shape}{array.dtype}".encode())
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()


def read_table(path: Path) -> TableArrays:
    """Read an ``.npz`` of one's own: features `x` (n, features), targets `y` (n,) or (n, targets).

    Raises:
        InputError: If it is no such archive, or what is in it cannot be learned from.
    """
    if not path.is_file():
        raise InputError(f"data set {path}: no such file")
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: no NumPy archive (.npz); write it by numpy.savez(path, x=, y=)")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in ("x", "y") if name not in archive.files]
            if missing:
                raise InputError(f"{path}: lacks {', '.join(missing)}; it needs arrays x and y")
            x, y = archive["x"], archive["y"]
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        why = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read ({why}); write it anew") from error
    check_table(path, x, y)
    names = tuple(f"feature {i}" for i in range(x.shape[1]))
    facts = TableSet(path.stem, names, "target")
    return TableArrays(facts, str(path), x.astype(np.float64), y.astype(np.float64))


def check_table(path: Path, x: NDArray, y: NDArray) -> None:
    """Refuse arrays that no net can learn from.

    Raises:
        InputError: If their types, shapes or values are wrong.
    """

    def bad(what: str) -> InputError:
        return InputError(f"{path}: {what}")

    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind not in "fiub":
            raise bad(f"{name} has dtype {array.dtype}; make numbers of it")
    if x.ndim != 2 or not x.shape[1]:
        raise bad(f"x has shape {x.shape}, not (samples, features)")
    if y.ndim not in (1, 2) or len(y) != len(x) or not y.size:
        raise bad(f"y has shape {y.shape}, not ({len(x)},): a target for each row of x")
    if len(x) < FEWEST:
        raise bad(f"{len(x)} rows cannot be split into three parts; give at least {FEWEST}")
    for name, array in (("x", x), ("y", y)):
        if not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array))[0][0])
            raise bad(f"{name} is not finite in row {row}; fill or leave out such rows")
    if (y == y[0]).all():
        raise bad("all targets are equal; there is nothing to learn")
