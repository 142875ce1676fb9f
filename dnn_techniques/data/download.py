"""Download an image data set with torchvision into an archive, whole or not at all."""

import contextlib
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import numpy as np

from dnn_techniques.documents.catalog import ImageSet

# How long a server may say nothing.
SECONDS = 60.0


def download_archive(facts: ImageSet, path: Path) -> None:
    """Make the archive `path` from torchvision's copy of the data set.

    The download goes to a temporary folder beside `path`; the archive takes its name only when it
    is complete, so that a broken download leaves nothing behind.

    Raises:
        OSError: If nothing can be downloaded or written, or the server is silent for a minute.
        RuntimeError: If what was downloaded has the wrong checksum (from torchvision).
    """
    # Imported here: most commands never download, and the import takes seconds.
    import torchvision.datasets

    if facts.torchvision is None:
        raise ValueError(f"{facts.name} is not a data set that torchvision downloads")
    data_set = getattr(torchvision.datasets, facts.torchvision)
    with folder_beside(path, f".{facts.name}-") as temporary:
        train = data_set(temporary, train=True, download=True)
        test = data_set(temporary, train=False)
        whole = Path(temporary, path.name)
        np.savez_compressed(
            whole,
            x_train=np.asarray(train.data),
            y_train=np.asarray(train.targets),
            x_test=np.asarray(test.data),
            y_test=np.asarray(test.targets),
        )
        whole.replace(path)


@contextlib.contextmanager
def folder_beside(path: Path, prefix: str) -> Iterator[str]:
    """A temporary folder to download into, beside the file that is to be made of what comes.

    Where that fails nothing is left behind. Folders that were left by killed downloads are removed.

    Args:
        path: The file.
        prefix: Of the folder's name.

    Raises:
        OSError: If within it the server breaks off, or is silent for a minute.
    """
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent, prefix)
    try:
        with (
            _timeout(SECONDS),
            tempfile.TemporaryDirectory(dir=path.parent, prefix=prefix) as folder,
        ):
            yield folder
    except HTTPException as error:
        raise OSError(f"the server broke off: {error!r}") from error
    finally:
        if not path.exists():
            for new in made:
                new.rmdir()


def _remove_leftovers(folder: Path, prefix: str) -> None:
    """Remove what downloads left that were killed a day ago or earlier."""
    for left in folder.glob(f"{prefix}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Within it no connection waits longer; torchvision sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
