import os
import socket
import time
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torchvision.datasets

from dnn_techniques.data import data_root, load
from dnn_techniques.data.sources import _load
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]


@pytest.fixture(autouse=True)
def _forget_loaded() -> Iterator[None]:
    _load.cache_clear()
    yield
    _load.cache_clear()


def images(n: int) -> np.ndarray:
    return np.zeros((n, 28, 28), np.uint8)


def fake_download(root: str, train: bool, download: bool = False) -> SimpleNamespace:
    Path(root, "raw").mkdir(exist_ok=True)
    n = 20 if train else 10
    return SimpleNamespace(data=images(n) + (not train), targets=[0] * n)


def broken_download(root: str, train: bool, download: bool = False) -> SimpleNamespace:
    Path(root, "half.gz").write_bytes(b"half of it")
    raise OSError("connection lost")


def test_root_is_argument_then_variable_then_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", "/from/variable")
    assert data_root("/given") == Path("/given")
    assert data_root() == Path("/from/variable")
    monkeypatch.delenv("DNN_TECHNIQUES_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert data_root() == Path("/caches/dnn_techniques")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data_root() == Path.home() / ".cache" / "dnn_techniques"


def test_an_archive_is_read_once(archive: Archive) -> None:
    root = archive().parent
    first = load("fashion_mnist", root)
    assert load("fashion_mnist", root) is first
    assert first.source == str(root / "fashion_mnist.npz")


def test_the_default_is_fashion_mnist(archive: Archive) -> None:
    arrays = load(root=archive().parent)
    assert arrays.facts.name == "fashion_mnist"
    assert arrays.stands_in_for is None


def test_a_download_becomes_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision.datasets, "MNIST", fake_download)
    root = tmp_path / "new" / "folder"
    arrays = load("mnist", root)
    assert arrays.x_train.shape == (20, 28, 28)
    assert arrays.x_test.shape == (10, 28, 28)
    assert arrays.x_test.min() == 1
    assert [path.name for path in root.iterdir()] == ["mnist.npz"]


def test_a_broken_download_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision.datasets, "MNIST", broken_download)
    with pytest.raises(InputError, match=r"mnist: no .*connection lost.*DNN_TECHNIQUES_DATA"):
        load("mnist", tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    (tmp_path / "kept").mkdir()
    with pytest.raises(InputError):
        load("mnist", tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_a_download_waits_no_longer_than_a_minute_and_clears_what_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def cut_off(*args: object, **kwargs: object) -> None:
        limits.append(socket.getdefaulttimeout())
        raise IncompleteRead(b"a part")

    for name, days in (("old", 2), ("new", 0)):
        (tmp_path / f".mnist-{name}").mkdir()
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / f".mnist-{name}", (then, then))
    monkeypatch.setattr(torchvision.datasets, "MNIST", cut_off)
    with pytest.raises(InputError, match="the server broke off"):
        load("mnist", tmp_path)
    assert limits == [60]
    assert socket.getdefaulttimeout() is None
    assert [path.name for path in tmp_path.iterdir()] == [".mnist-new"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b"the beginning")
        raise OSError("no space left")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fake_download)
    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(InputError, match="no space left"):
        load("mnist", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_root_that_is_a_file_is_no_reason_to_fall_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file is no folder; name another one"):
        load(root=tmp_path / "file" / "data")


def test_only_the_default_falls_back_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", broken_download)
    with pytest.raises(InputError, match="fashion_mnist"):
        load("fashion_mnist", tmp_path)
    assert capsys.readouterr().err == ""
    arrays = load(root=tmp_path)
    assert arrays.facts.name == "digits"
    assert arrays.stands_in_for == "fashion_mnist"
    said = capsys.readouterr().err
    assert "DIGITS INSTEAD: no documented figure applies" in said
    assert "connection lost" in said


def test_a_damaged_archive_is_no_reason_to_fall_back(archive: Archive) -> None:
    path = archive(y_test=None)
    with pytest.raises(InputError, match="lacks y_test"):
        load(root=path.parent)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="unknown data set 'fashionmnist': did you mean"):
        load("fashionmnist")
