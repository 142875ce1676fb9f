"""Download an image data set with torchvision into an archive, whole or not at all."""

import tempfile
from pathlib import Path

import numpy as np

from dnn_techniques.data.catalog import ImageSet


def download_archive(facts: ImageSet, path: Path) -> None:
    """Make the archive `path` from torchvision's copy of the data set.

    The download goes to a temporary folder beside `path`; the archive takes its name only when it
    is complete, so that a broken download leaves nothing behind.

    Raises:
        OSError: If nothing can be downloaded or written.
        RuntimeError: If what was downloaded has the wrong checksum (from torchvision).
    """
    # Imported here: most commands never download, and the import takes seconds.
    import torchvision.datasets

    if facts.torchvision is None:
        raise ValueError(f"{facts.name} is not a data set that torchvision downloads")
    data_set = getattr(torchvision.datasets, facts.torchvision)
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{facts.name}-") as temporary:
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
    finally:
        if not path.exists():
            for folder in made:
                folder.rmdir()
