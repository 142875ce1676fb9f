"""Where a data set comes from: an archive, a download, or the bundled digits."""

import os
import sys
from functools import lru_cache
from pathlib import Path

from dnn_techniques import terminal
from dnn_techniques.data.archive import ImageArrays, read_archive
from dnn_techniques.data.digits import load_digits
from dnn_techniques.data.download import download_archive
from dnn_techniques.documents.catalog import DEFAULT, IMAGES
from dnn_techniques.errors import InputError, near

ROOT_VARIABLE = "DNN_TECHNIQUES_DATA"


def data_root(root: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the archives: `root`, else $DNN_TECHNIQUES_DATA, else the user's cache."""
    if root is None:
        root = os.environ.get(ROOT_VARIABLE) or None
    if root is None:
        root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "dnn_techniques")
    return Path(root).expanduser().absolute()


def load(name: str | None = None, root: str | os.PathLike[str] | None = None) -> ImageArrays:
    """Load a data set; the second call for the same one returns the same arrays.

    Args:
        name: A name in `IMAGES`, or None for the default: Fashion MNIST, and where it is neither
            there nor downloadable scikit-learn's digits, said on standard error and in
            `ImageArrays.stands_in_for`. A data set asked for by name is never replaced.
        root: See `data_root`.

    Raises:
        InputError: If the name is unknown, the root is no folder, the archive is damaged, or the
            data set was asked for by name and is neither there nor downloadable.
    """
    if name is not None and name not in IMAGES:
        raise InputError(f"unknown data set {name!r}: {near(name, IMAGES)}")
    return _load(name, data_root(root))


@lru_cache(maxsize=1)
def _load(name: str | None, root: Path) -> ImageArrays:
    if name == "digits":
        return load_digits()
    facts = IMAGES[name or DEFAULT]
    path = root / f"{facts.name}.npz"
    for folder in (root, *root.parents):
        if folder.exists() and not folder.is_dir():
            raise InputError(f"data root {root}: {folder} is no folder; name another one")
    if not path.is_file():
        try:
            download_archive(facts, path)
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            if name is None:
                _say_fallback(path, reason)
                return load_digits(stands_in_for=facts.name)
            raise InputError(
                f"{facts.name}: no {path} and the download failed ({reason}); put Keras's"
                f" {path.name} there, or name its folder in {ROOT_VARIABLE} or --data.root"
            ) from error
    return read_archive(path, facts)


def _say_fallback(path: Path, reason: str) -> None:
    line = "!" * 78
    text = (
        f"{line}\n"
        f"No {path} and the download failed ({reason}).\n"
        "TRAINING ON SCIKIT-LEARN'S DIGITS INSTEAD: no documented figure applies to these runs.\n"
        f"For the real data name the folder of {path.name} in {ROOT_VARIABLE} or --data.root.\n"
        f"{line}"
    )
    print(terminal.fit(text, terminal.width()), file=sys.stderr)
