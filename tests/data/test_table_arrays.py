import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnn_techniques.data import load_table
from dnn_techniques.data.table_arrays import read_table
from dnn_techniques.errors import InputError
from tests.data.tables import table_file

HOLE = np.ones((40, 3))
HOLE[7, 1] = np.nan


def test_a_table_of_one_s_own(tmp_path: Path) -> None:
    table = load_table(str(table_file(tmp_path / "own.npz", x=np.arange(120).reshape(40, 3))))
    assert table.facts.name == "own"
    assert table.facts.features == ("feature 0", "feature 1", "feature 2")
    assert table.facts.sha256 is None
    assert (table.x.shape, table.y.shape) == ((40, 3), (40,))
    assert table.x.dtype == table.y.dtype == np.float64


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"x": HOLE}, "x is not finite in row 7; fill or leave out such rows"),
        ({"x": np.full((40, 3), "a")}, "x has dtype <U1; make numbers of it"),
        ({"y": np.array(["a", "b"] * 20)}, "y has dtype <U1; make numbers of it"),
        ({"x": np.ones(40)}, r"x has shape \(40,\), not \(samples, features\)"),
        ({"x": np.ones((40, 0))}, r"x has shape \(40, 0\), not"),
        ({"y": np.arange(39.0)}, r"y has shape \(39,\), not \(40,\): a target for each row of x"),
        ({"y": np.ones((40, 1, 1))}, r"y has shape \(40, 1, 1\), not"),
        ({"y": np.ones(40)}, "all targets are equal; there is nothing to learn"),
        ({"y": None}, "lacks y; it needs arrays x and y"),
        ({"x": np.array([None] * 40)}, "cannot be read"),
        ({"x": np.ones((3, 3)), "y": np.arange(3.0)}, "3 rows cannot be split into three parts"),
    ],
)
def test_a_bad_table_gets_one_line(replaced: Any, message: str, tmp_path: Path) -> None:
    path = table_file(tmp_path / "own.npz", **replaced)
    with pytest.raises(InputError, match=rf"own\.npz: {message}") as raised:
        read_table(path)
    assert "\n" not in str(raised.value)


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("x,y")
    with pytest.raises(InputError, match="no NumPy archive"):
        read_table(tmp_path / "text.npz")
    with pytest.raises(InputError, match="did you mean california_housing"):
        load_table("california_house")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """NumPy and zipfile raise errors of the tokenizer and of the decompressor for these."""
    cut, lzma = tmp_path / "cut.npz", tmp_path / "lzma.npz"
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': ("
    with zipfile.ZipFile(cut, "w") as file:
        length = len(header).to_bytes(2, "little")
        file.writestr("x.npy", b"\x93NUMPY\x01\x00" + length + header)
        file.writestr("y.npy", b"")
    with zipfile.ZipFile(lzma, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("x.npy", bytes(range(256)) * 100)
        file.writestr("y.npy", b"")
    content = bytearray(lzma.read_bytes())
    content[60:80] = b"\xff" * 20
    lzma.write_bytes(content)
    for path in (cut, lzma):
        with pytest.raises(InputError, match="cannot be read") as raised:
            read_table(path)
        assert "\n" not in str(raised.value)


def test_the_digest_knows_every_value(tmp_path: Path) -> None:
    table = read_table(table_file(tmp_path / "own.npz"))
    same = replace(table, x=np.asfortranarray(table.x))
    assert same.digest() == table.digest()
    for changed in (
        replace(table, x=table.x + (np.arange(40) == 3)[:, None]),
        replace(table, y=table.y[::-1]),
        replace(table, x=table.x.reshape(60, 2)),
    ):
        assert changed.digest() != table.digest()
