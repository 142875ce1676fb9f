"""Whether ``verify`` sees a damaged file, where it can be seen."""

import csv
import io
import zipfile
from pathlib import Path

import yaml

from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, RESULT
from faults.case import Outcome
from faults.process import Ended

UNFINISHED = "missing, the run is unfinished"


def judge_verify(ended: Ended, file: Path, whole: bytes) -> Outcome:
    """What came of ``verify`` on a damaged file: it has to call it BAD.

    Args:
        ended: How it ended.
        file: The damaged file.
        whole: What was in it.
    """
    lines = ended.out.splitlines()
    seen = any(line.startswith("BAD ") and str(file) in line for line in lines)
    if not (ended.one_line if seen else ended.one_line or ended.status == 0):
        return Outcome("other end", f"status {ended.status}: {ended.last}")
    if seen:
        return Outcome("one line", ended.last)
    why = _unseen(ended, file, whole)
    if why is None:
        return Outcome("silent difference", f"verify sees nothing: {ended.out[-300:]}")
    return Outcome("one line" if ended.one_line else "same bits", why)


def _unseen(ended: Ended, file: Path, whole: bytes) -> str | None:
    """Why nobody can see it, None if one can.

    A finished run knows the digests of its files; without them a text that can be read is as good
    as another.
    """
    result = _run_of(file) / RESULT
    if file == result and not file.exists():
        return (
            "it says that the run is unfinished" if f"{result}: {UNFINISHED}" in ended.out else None
        )
    if result.exists():
        return None
    if not file.exists():
        alone = file.name == LAST.name  # the first epoch may have been killed before it
        return "the same command begins anew" if alone else None
    data = file.read_bytes()
    if file.name in (LAST.name, BEST.name):
        return "no value of it is changed" if _members(data) == _members(whole) else None
    return "it can be read" if _readable(file.name, data) else None


def _run_of(file: Path) -> Path:
    return file.parents[1] if file.name in (LAST.name, BEST.name) else file.parent


def _members(data: bytes) -> dict[str, bytes] | None:
    """The files in an archive, None if it is none or a checksum is wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # whatever its bytes lead to
        return None


def _readable(name: str, data: bytes) -> bool:
    """Whether a text is one of its kind."""
    try:
        text = data.decode()
        if name == CONFIG:
            return bool(text) and isinstance(yaml.safe_load(text), dict)
        rows = list(csv.reader(io.StringIO(text), strict=True))
        numbers = [[float(value or 0) for value in row] for row in rows[1:]]
        whole = all(len(row) == len(rows[0]) for row in numbers)
        return name == METRICS and "epoch" in rows[0] and bool(numbers) and whole
    except (ValueError, IndexError, csv.Error, yaml.YAMLError):
        return False
