"""Writing files whole or not at all."""

import hashlib
import io
import json
import math
import os
import re
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from dnn_techniques.errors import InputError
from dnn_techniques.numbers import numbers


def write_text(path: Path, text: str) -> None:
    """Write `text`, replacing the file in one step."""
    _replace(path, text.encode())


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write `data`, replacing the file in one step.

    Raises:
        InputError: If there is a folder of that name.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file")
    _replace(path, data)


def write_json(path: Path, values: Any) -> None:
    """Write numbers, strings, lists and dictionaries, null for what JSON has no number for.

    A list of numbers stands on one line.
    """
    text = json.dumps(finite(values), indent=1, allow_nan=False)
    numbers = re.compile(r"\[\n\s+([^\[\]{}\"]*?)\n\s*\]")
    write_text(path, numbers.sub(lambda m: f"[{' '.join(m[1].split())}]", text) + "\n")


def finite(values: Any) -> Any:
    """Values with None for each number that JSON has not."""
    if isinstance(values, dict):
        return {name: finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def write_figure(path: Path, figure: Figure) -> None:
    """Write a PNG of at most 256 colours, and its numbers beside it as CSV.

    In full colour the smoothed edges of a chart with many curves take megabytes.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=110, format="png")
    picture = Image.open(drawn).convert("RGB").quantize(dither=Image.Dither.NONE)
    made = io.BytesIO()
    picture.save(made, format="png", optimize=True)
    _replace(path, made.getbuffer())
    write_text(path.with_suffix(".csv"), numbers(figure))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as ``sha256sum`` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_values(values: Any) -> str:
    """SHA-256 of what can be written as JSON, the same when it has been read again."""
    return hashlib.sha256(json.dumps(finite(values)).encode()).hexdigest()


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Write a file beside `path`, see it onto the disk, and give it its name.

    Each process writes one of its own: several may write a page at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make sure that `folder` is one or can be made, and can be written in.

    Raises:
        InputError: If not.
    """
    if not str(folder):
        raise InputError("--out is empty; name a folder")
    existing = Path(folder).absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        why = "is no folder" if not existing.is_dir() else "cannot be written"
        raise InputError(f"--out {folder}: {existing} {why}; name another folder")
