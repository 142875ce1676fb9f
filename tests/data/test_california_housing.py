import os
import pickle
import socket
import zlib
from collections import OrderedDict
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import fetch_california_housing

from dnn_techniques.data import TABLES, load_table
from dnn_techniques.data.california_housing import FILE, load_california_housing
from dnn_techniques.errors import InputError
from tests.data.tables import columns, housing_file


def test_the_table_is_scikit_learn_s(tmp_path: Path) -> None:
    housing_file(tmp_path)
    ours = load_california_housing(tmp_path)
    theirs = fetch_california_housing(data_home=tmp_path, download_if_missing=False)
    assert np.array_equal(ours.x, theirs.data)
    assert np.array_equal(ours.y, theirs.target)
    assert list(ours.facts.features) == theirs.feature_names
    assert [ours.facts.target] == theirs.target_names


@pytest.mark.real_data
def test_the_data_are_the_documents() -> None:
    table = load_table("california_housing")
    assert table.digest() == TABLES["california_housing"].sha256
    assert table.x.shape == (20_640, 8)
    assert table.y[:2].tolist() == [4.526, 3.585]
    assert table.x[0].round(4).tolist() == [8.3252, 41, 6.9841, 1.0238, 322, 2.5556, 37.88, -122.23]


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    """Not by name, nor out of an array of objects, which joblib unpickles without a look."""
    trace = tmp_path / "trace"
    for content in (Evil(trace), np.array([Evil(trace)] * 9, dtype=object).reshape(1, 9)):
        path = housing_file(tmp_path, content)
        with pytest.raises(InputError, match=f"{FILE}: not scikit-learn's California housing"):
            load_california_housing(tmp_path)
        assert not trace.exists()
        joblib.load(path)
        assert trace.exists()
        trace.unlink()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (OrderedDict(), "collections.OrderedDict has no place in it"),
        (columns()[:, :8], "no table of 9 columns"),
        (columns().astype(np.float32), "dtype float32, not float64"),
        (np.full((3, 9), np.nan), "values are not finite"),
        ([1, 2], "no table of 9 columns"),
    ],
)
def test_another_content_is_refused(content: Any, reason: str, tmp_path: Path) -> None:
    housing_file(tmp_path, content)
    with pytest.raises(InputError, match=f"{reason}.*delete it to have it downloaded"):
        load_california_housing(tmp_path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = housing_file(tmp_path)
    whole = path.read_bytes()
    plain = zlib.decompress(whole)
    bomb = zlib.compress(bytes(100_000_000))
    cut = zlib.compress(plain[: len(plain) // 2])
    for damaged in (b"", b"text", whole[:50], bomb, cut, zlib.compress(pickle.dumps(None)[:-1])):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="not scikit-learn's California housing"):
            load_california_housing(tmp_path)


def test_it_is_downloaded_by_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = "sklearn.datasets.fetch_california_housing"
    monkeypatch.setattr(fetch, lambda data_home, **_: housing_file(Path(data_home)))
    root = tmp_path / "new" / "folder"
    assert len(load_california_housing(root).y) == 200
    assert [path.name for path in root.iterdir()] == [FILE]


def test_a_broken_download_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data_home: str, **_: Any) -> None:
        Path(data_home, "half.tgz").write_bytes(b"half of it")
        raise OSError("connection lost")

    monkeypatch.setattr("sklearn.datasets.fetch_california_housing", broken)
    with pytest.raises(InputError, match=r"california_housing: no .*connection lost.*--data.root"):
        load_california_housing(tmp_path / "new" / "folder")
    assert not list(tmp_path.iterdir())


def test_a_download_that_is_cut_off_leaves_nothing_and_clears_what_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def cut_off(data_home: str, **_: Any) -> None:
        limits.append(socket.getdefaulttimeout())
        raise IncompleteRead(b"a part")

    (tmp_path / ".housing-killed").mkdir()
    os.utime(tmp_path / ".housing-killed", (0, 0))
    monkeypatch.setattr("sklearn.datasets.fetch_california_housing", cut_off)
    with pytest.raises(InputError, match="the server broke off"):
        load_california_housing(tmp_path)
    assert limits == [60]
    assert not list(tmp_path.iterdir())
