"""What a run leaves behind: ``<out>/<group>/<name>/seed-<n>/``, replayed ones in ``replay/``."""

import contextlib
import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, TextIO

import yaml
from filelock import FileLock, Timeout

from dnn_techniques.errors import InputError
from dnn_techniques.files import digest_of_values, sha256_of
from dnn_techniques.runs.yaml_text import load_yaml

CONFIG = "config.yaml"
METRICS = "metrics.csv"
RESULT = "result.json"
CHECKPOINTS = "checkpoints"
TENSORBOARD = "tensorboard"
PREDICTIONS = "predictions.csv"
# Pictures of a run that ``figures`` draws, each with its numbers beside it.
CONFUSION, WORST, LAYERS = "confusion", "worst", "layers"
REPLAY = "replay"
PERTURBED = "perturbed"
# Column of metrics.csv: the first step whose loss is no number. Only diverged runs have it.
DIVERGED = "diverged_at_step"
LAST = Path(CHECKPOINTS, "last.ckpt")
BEST = Path(CHECKPOINTS, "best.ckpt")

# Of result.json; it changes when runs of an earlier version cannot be read any more.
FORMAT = 2

# What readers of result.json rely on.
_KEYS: dict[str, type | UnionType] = {
    "documented": str | None,
    "seed": int,
    "changes": list,
    "data": dict | None,
    "seconds_per_epoch": int | float,
    "parameters": dict,
    "device": dict,
    "versions": dict,
    "finished": str,
}

# Columns of metrics.csv that come first, in this order; whatever else a module logs follows.
COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "lr",
    "seconds",
    "printed_loss",
    "printed_accuracy",
    # Of the training images under the weights after the epoch; only `StopAtChecks` measures them.
    "train_loss",
    "train_accuracy",
)


def folder_name(seed: int, replay: bool = False, perturbation: float = 0.0) -> str:
    """Name of a run's folder among those of its experiment."""
    if not replay:
        return f"seed-{seed}"
    return f"{PERTURBED}-{seed}" if perturbation else REPLAY


def read_result(path: Path) -> dict[str, Any]:
    """What result.json in the folder of a finished run says.

    Raises:
        InputError: If it is missing or damaged, or an earlier version made it.
    """
    result: dict[str, Any] = _read(path / RESULT, json.loads, dict)
    if result.get("format") != FORMAT:
        raise InputError(f"{path} was made by version 0.1, whose runs cannot be read; delete it")
    for name, kind in _KEYS.items():
        if name not in result or not isinstance(result[name], kind):
            raise _damaged(path / RESULT)
    known = result.get("sha256")
    if isinstance(known, dict) and known.get(RESULT, own := digest_of_result(result)) != own:
        raise InputError(f"{path / RESULT} is not as the run wrote it; {_remedy(path)}")
    if path.name.startswith("seed-") and path.name != folder_name(result["seed"]):
        raise InputError(f"{path / RESULT} is that of seed {result['seed']}; {_remedy(path)}")
    return result


def digest_of_result(result: dict[str, Any]) -> str:
    """SHA-256 of all that result.json says, but for this digest itself."""
    others = {name: sha for name, sha in result["sha256"].items() if name != RESULT}
    return digest_of_values(result | {"sha256": others})


def read_config(path: Path) -> dict[str, Any]:
    """What config.yaml in a run's folder says.

    Raises:
        InputError: If it is missing or damaged.
    """
    config: dict[str, Any] = _read(path / CONFIG, load_yaml, dict)
    check_digest(path / CONFIG, _remedy(path))
    return config


def read_metrics(path: Path) -> list[dict[str, str]]:
    """The rows of metrics.csv in the folder of a finished run, by column.

    Raises:
        InputError: If it is missing, has no row, or holds something else than numbers.
    """
    rows: list[dict[str, str]] = _read(path / METRICS, _numbers, list)
    check_digest(path / METRICS, _remedy(path))
    return rows


def _numbers(text: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    for row in rows:
        if "epoch" not in row or None in row or None in row.values():
            raise ValueError("a column is missing")
        for value in row.values():
            float(value or 0)
    return rows


def knows(folder: Path, name: Path) -> bool:
    """Whether the finished run in a folder, if there is one, left a file of this name."""
    return name.as_posix() in _digests(folder)


def _digests(folder: Path) -> dict[str, Any]:
    """The SHA-256 of a finished run's files, empty if there is none or it does not know them."""
    try:
        known = json.loads((folder / RESULT).read_text())["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def check_digest(file: Path, remedy: str) -> None:
    """Make sure that a file of a finished run is still the one that its result.json knows.

    Raises:
        InputError: If it is another one. Runs of earlier versions do not know theirs.
    """
    folder = file.parents[1] if file.parent.name == CHECKPOINTS else file.parent
    name = file.relative_to(folder)
    known = _digests(folder)
    if name.as_posix() in known and known[name.as_posix()] != sha256_of(file):
        raise InputError(f"{file} is not the one that the finished run left; {remedy}")


def check_finished(path: Path) -> None:
    """Make sure that a finished run's files are there and as it left them.

    Raises:
        InputError: If one is not. Of runs of earlier versions nothing is known.
    """
    for name in _digests(path).keys() - {RESULT}:
        if not (path / name).exists():
            raise InputError(f"{path / name} is missing; {_remedy(path)}")
        check_digest(path / name, _remedy(path))


def _remedy(folder: Path) -> str:
    return f"delete {folder} and make the run again"


def _damaged(file: Path) -> InputError:
    return InputError(f"{file} is missing or damaged; {_remedy(file.parent)}")


def _read(file: Path, parse: Callable[[str], Any], kind: type) -> Any:
    """What a file of a run folder says; one that says nothing of its kind is damaged."""
    try:
        values = parse(file.read_text())
    except (OSError, ValueError, csv.Error, yaml.YAMLError, RecursionError):
        values = None
    if not values or not isinstance(values, kind):
        raise _damaged(file)
    return values


def is_finished(path: Path) -> bool:
    """Whether the folder holds a finished run that others can build on."""
    return (path / RESULT).exists() and (path / LAST).exists()


@contextlib.contextmanager
def held(path: Path, out: Path) -> Iterator[None]:
    """Hold a run's folder against other processes, and make it if it is not there.

    What a killed process was writing is removed. In the end, so are the folder and those above it,
    below `out`, if they are empty.

    Raises:
        InputError: If another process holds it.
    """
    try:
        lock = _locked(path / ".lock")
    except Timeout as error:
        raise InputError(
            f"{path}: another process is training this run; wait for it, or give --out"
        ) from error
    try:
        for left in path.rglob(".*.part"):
            left.unlink(missing_ok=True)
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps open files
            (path / ".lock").unlink()
        lock.release()
        with contextlib.suppress(OSError):  # one is not empty
            while path != out:
                path.rmdir()
                path = path.parent


def _locked(file: Path) -> FileLock:
    """Lock a file that its holder removes before the lock is released, and its folder perhaps.

    Whoever opened it before and locks it after that holds a file that is gone, and tries again; so
    does who made the folder and finds it gone.
    """
    while True:
        lock = FileLock(file, timeout=0)
        with _opened(file) as known:  # as long as it is open no other file gets its number
            lock.acquire()
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(known.fileno()), file.stat()):
                    return lock
        lock.release()


def _opened(file: Path) -> TextIO:
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            file.parent.mkdir(parents=True, exist_ok=True)
            return file.open("a")
    raise InputError(f"{file.parent} cannot be made; give another --out")


def clear(path: Path) -> None:
    """Remove what an earlier run left in its folder, and nothing else.

    In an order that leaves an unfinished run, were it ended in the middle.
    """
    (path / RESULT).unlink(missing_ok=True)
    for name in (CHECKPOINTS, TENSORBOARD):
        shutil.rmtree(path / name, ignore_errors=True)
    drawn = [f"{name}.{kind}" for name in (CONFUSION, WORST, LAYERS) for kind in ("png", "csv")]
    for name in (METRICS, PREDICTIONS, *drawn, CONFIG):
        (path / name).unlink(missing_ok=True)
