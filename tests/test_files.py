import json
import math
import os
from pathlib import Path

import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.files import check_writable, write_json, write_text


def test_writing_replaces_and_leaves_no_part(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_two_processes_may_write_a_file_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one writes it whole while we do."""
    path, fsync, pid = tmp_path / "file.txt", os.fsync, os.getpid()

    def meanwhile(file: int) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            patch.setattr(os, "getpid", lambda: pid + 1)
            write_text(path, "theirs")
        fsync(file)

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_text(path, "ours")
    assert path.read_text() == "ours"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_can_be_made_is_writable_and_not_made(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"--out .*file/runs: .*file is no folder"):
        check_writable(tmp_path / "file" / "runs")


def test_a_folder_may_be_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(InputError, match="cannot be written; name another folder"):
        check_writable(tmp_path)


def test_numbers_of_a_list_stand_on_one_line(tmp_path: Path) -> None:
    values = {"zeros [0]": [0.5, None, 3], "a": ["x [", "]"], "b": [[1, 2], []], "c": {"d": [1]}}
    write_json(tmp_path / "file.json", values | {"nan": [math.nan]})
    text = (tmp_path / "file.json").read_text()
    assert json.loads(text) == values | {"nan": [None]}
    assert '"zeros [0]": [0.5, null, 3],\n' in text
