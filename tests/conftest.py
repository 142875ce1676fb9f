import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dnn_techniques.documents.catalog import IMAGES

Archive = Callable[..., Path]

# The nets are small, and there may be a process of tests on each CPU.
torch.set_num_threads(1)

# What is printed is wrapped only in tests that ask for it.
os.environ.pop("COLUMNS", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests on real data where nobody says that it is there.

    With the variable set they run, and fail if an archive is missing.
    """
    if os.environ.get("DNN_TECHNIQUES_DATA"):
        return
    left_out = [item for item in items if item.get_closest_marker("real_data")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def goldens() -> dict[str, Any]:
    """Values made by TensorFlow."""
    values: dict[str, Any] = json.loads(
        (Path(__file__).parent / "goldens" / "tensorflow.json").read_text()
    )
    return values


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Makes a small fashion_mnist.npz that can be learned and returns its path.

    Keyword arguments replace arrays; None leaves an array out.
    """

    def make(name: str = "fashion_mnist", **replaced: Any) -> Path:
        random = np.random.RandomState(0)
        arrays: dict[str, Any] = {}
        shape = IMAGES[name].shape if name in IMAGES else (28, 28)
        for half, n in (("train", 300), ("test", 100)):
            y = random.randint(0, 10, n)
            x = random.randint(0, 100, (n, *shape))
            x[np.arange(n), y] += 100
            arrays |= {f"x_{half}": x.astype(np.uint8), f"y_{half}": y.astype(np.uint8)}
        arrays |= replaced
        path = tmp_path / "data" / f"{name}.npz"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
        return path

    return make
