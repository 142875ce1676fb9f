"""What `verify` has to see of a damaged file, and what nobody can."""

import io
import zipfile
from pathlib import Path

import pytest

from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, RESULT
from faults.damage_seen import judge_verify
from faults.process import Ended
from tests.results.runs_by_hand import write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """An unfinished run."""
    write_run(tmp_path, 42, "a/run")
    run = tmp_path / "a" / "run" / "seed-42"
    (run / RESULT).unlink()
    (run / LAST).parent.mkdir()
    for name in (LAST, BEST):
        (run / name).write_bytes(archive("weights"))
    return run


def archive(text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr(zipfile.ZipInfo("data"), text)
    return data.getvalue()


def judged(file: Path, data: bytes | None, out: str = "", bad: bool = False) -> str:
    """What comes of it if `verify` prints this of a file with these bytes in it."""
    whole = file.read_bytes()
    file.unlink() if data is None else file.write_bytes(data)
    err = "error: 1 of 5 files cannot be used\n" if bad else ""
    outcome = judge_verify(Ended(2 * bad, out, err, 1.0, False, 0), file, whole)
    file.write_bytes(whole)
    return outcome.kind


@pytest.mark.parametrize("name", [CONFIG, METRICS])
@pytest.mark.parametrize("data", [b"", b"these are words\n", bytes(9), b"\xff\xfe", None])
def test_texts_of_an_unfinished_run_that_cannot_be_read(
    run: Path, name: str, data: bytes | None
) -> None:
    assert judged(run / name, data) == "silent difference"


@pytest.mark.parametrize(("name", "data"), [(CONFIG, b"lr: 0.2"), (METRICS, b"epoch,loss\n1,2\n")])
def test_texts_that_can_be_read_are_as_good_as_others(run: Path, name: str, data: bytes) -> None:
    assert judged(run / name, data) == "same bits"
    (run / RESULT).write_text("{}")  # but a finished run knows its own
    assert judged(run / name, data) == "silent difference"


def test_a_torn_table_is_seen(run: Path) -> None:
    data = (run / METRICS).read_bytes()
    assert judged(run / METRICS, data[: data.rindex(b",")]) == "silent difference"
    assert judged(run / METRICS, data[:-3]) == "same bits"


def test_checkpoints_of_an_unfinished_run(run: Path) -> None:
    data = archive("weights")
    flipped = data.replace(b"weights", b"weighty", 1)
    assert judged(run / LAST, flipped) == "silent difference"
    assert judged(run / LAST, data[:-3]) == "silent difference"
    assert judged(run / LAST, archive("others")) == "silent difference"
    assert judged(run / LAST, data.replace(b"PK\x01\x02\x14", b"PK\x01\x02\x15")) == "same bits"
    assert judged(run / LAST, None) == "same bits"  # none is left of a first epoch
    assert judged(run / BEST, None) == "silent difference"


def test_a_missing_result_has_to_be_said(run: Path) -> None:
    (run / RESULT).write_text("{}")
    assert judged(run / RESULT, None) == "silent difference"
    said = f"ok  {run / RESULT}: missing, the run is unfinished\n"
    assert judged(run / RESULT, None, said) == "same bits"


def test_the_damaged_file_has_to_be_named(run: Path) -> None:
    file = run / METRICS
    assert judged(file, b"", f"BAD {file}: it is empty\n", bad=True) == "one line"
    assert judged(file, b"", f"BAD {file}: it is empty\n") == "other end"
    assert judged(file, b"", f"BAD {run / CONFIG}: words\n", bad=True) == "silent difference"
