"""California housing as scikit-learn keeps it, read without running anything that is in the file.

Pace & Barry, "Sparse Spatial Autoregressions" (1997): a row for each of 20,640 districts.
"""

import io
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnn_techniques.data.download import folder_beside
from dnn_techniques.data.table_arrays import TableArrays
from dnn_techniques.documents.catalog import TABLES
from dnn_techniques.errors import InputError

FILE = "cal_housing_py3.pkz"
FACTS = TABLES["california_housing"]
COLUMNS = 1 + len(FACTS.features)
LARGEST = 16_000_000  # bytes; the table has a tenth of them


def load_california_housing(root: Path) -> TableArrays:
    """Read the file that scikit-learn's `fetch_california_housing` keeps, or let it download it.

    Raises:
        InputError: If the file is damaged or holds something else, or there is none and it cannot
            be downloaded.
    """
    path = root / FILE
    if not path.is_file():
        try:
            download(path)
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{FACTS.name}: no {path} and the download failed ({reason}); put scikit-learn's"
                f" {FILE} there, or name its folder in DNN_TECHNIQUES_DATA or --data.root"
            ) from error
    try:
        data = path.read_bytes()
        columns = read_array(zlib.decompressobj().decompress(data, LARGEST))
    except (pickle.UnpicklingError, zlib.error, OSError, MemoryError) as error:
        raise InputError(
            f"{path}: not scikit-learn's California housing ({error}); delete it to have it"
            " downloaded"
        ) from error
    return TableArrays(FACTS, str(path), *arrange(columns))


def arrange(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features (n, 8) and targets (n,) of the nine columns, as scikit-learn's loader makes them.

    The file has the median house value in dollars, income, age, the numbers of rooms, bedrooms,
    people and households, latitude and longitude. Rooms, bedrooms and people become means over the
    households, the value a number of 100,000 dollars.
    """
    value, x = columns[:, 0], columns[:, 1:].copy()
    people, households = x[:, 4].copy(), x[:, 5].copy()
    x[:, 2] /= households
    x[:, 3] /= households
    x[:, 5] = people / households
    return x, value / 100_000


def download(path: Path) -> None:
    """Let scikit-learn download the file; nothing is left behind where that fails.

    Raises:
        OSError: If it cannot be downloaded or written, or the server is silent for a minute.
    """
    from sklearn.datasets import fetch_california_housing

    with folder_beside(path, ".housing-") as folder:
        fetch_california_housing(data_home=folder)
        Path(folder, FILE).replace(path)


def read_array(data: bytes) -> NDArray[np.float64]:
    """The table of nine columns in a pickle of joblib's.

    Raises:
        UnpicklingError: If it names anything but an array of floats, or holds another table.
    """
    try:
        found = _ArrayUnpickler(io.BytesIO(data)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise pickle.UnpicklingError(f"damaged: {' '.join(str(error).split())}") from error
    array = getattr(found, "array", None)
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] != COLUMNS:
        raise pickle.UnpicklingError(f"no table of {COLUMNS} columns")
    if not np.isfinite(array).all():
        raise pickle.UnpicklingError("values are not finite")
    return array


class _Array:
    """What stands in a pickle of joblib's for an array, whose bytes follow in the file."""

    file: io.BytesIO

    def __setstate__(self, state: dict[str, Any]) -> None:
        dtype, shape = state["dtype"], state["shape"]
        if dtype != np.float64:
            raise pickle.UnpicklingError(f"dtype {dtype}, not float64")
        if state.get("numpy_array_alignment_bytes") is not None:
            self.file.read(self.file.read(1)[0])  # so many bytes of padding
        size = int(np.prod(shape)) * dtype.itemsize
        values = np.frombuffer(self.file.read(size), dtype)
        self.array = values.reshape(shape, order=state["order"])


# Python's own unpickler reads no further ahead than a frame, so that the bytes of an array come
# next; the one in C would have read them.
class _ArrayUnpickler(pickle._Unpickler):
    """Knows no names but those of an array of numbers."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        known = type("_ArrayHere", (_Array,), {"file": file})
        self.known: dict[tuple[str, str], type] = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): known,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }

    def find_class(self, module: str, name: str) -> type:
        """The class of a known name.

        Raises:
            UnpicklingError: If it is not known.
        """
        if (module, name) not in self.known:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in it")
        return self.known[module, name]
