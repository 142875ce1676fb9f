from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.training import Loaders, data_loaders, image_data

Archive = Callable[..., Path]


@pytest.fixture
def root(archive: Archive) -> Path:
    """Folder of a small archive."""
    return archive().parent


@pytest.fixture(params=[data_loaders, image_data], ids=["DataLoader", "ImageData"])
def loaders(request: pytest.FixtureRequest, root: Path) -> Loaders:
    """Training and validation data: once in torch's loaders, once in a DataModule of ours."""
    make: Loaders = request.param(root)
    return make


@pytest.fixture
def images(root: Path) -> Loaders:
    """Training and validation data of `ImageData`."""
    return image_data(root)
