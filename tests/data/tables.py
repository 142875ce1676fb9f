"""Small tables: a California housing file as scikit-learn keeps it, archives of one's own."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np

from dnn_techniques.data.california_housing import FILE


def columns(rows: int = 200) -> np.ndarray:
    """The nine columns, with a house value that follows from the income."""
    random = np.random.default_rng(0)
    table = random.uniform(1, 10, (rows, 9))
    table[:, 0] = 50_000 * table[:, 1]
    return np.asfortranarray(table)


def housing_file(folder: Path, content: Any = None) -> Path:
    """Write the file, with a small table or something else in it."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(columns() if content is None else content, folder / FILE, compress=6)
    return folder / FILE


def table_file(path: Path, **replaced: Any) -> Path:
    """Write ``<path>`` with 40 rows of three features that can be learned; None leaves one out."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    arrays = {"x": x, "y": x @ [1.0, -2.0, 0.5]} | replaced
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path
