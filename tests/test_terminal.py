import io
import sys

import pytest

from dnn_techniques import terminal
from dnn_techniques.results.tables import markdown_table
from dnn_techniques.terminal import Bottom, fit, wrap

NAMES = ["bn/after_activation", "bn-deep/activation-norm=none,activation=relu"]
HEADER = ["experiment", "figure", "documented", "99% interval for one more run", "verdict"]
ROWS = [[name, "val_loss", "0.3573", "0.3376 to 0.3896", "too few runs"] for name in NAMES]
TABLE = markdown_table(HEADER, ROWS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_has_everything_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert terminal.width() is None
    assert fit(TABLE, None) == TABLE


def test_the_width_is_that_of_the_terminal_or_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", "55")
    assert terminal.width() == 55
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert terminal.width() is not None


def test_colours_are_for_terminals_whose_users_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert not terminal.colorful()
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert terminal.colorful()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.colorful()


@pytest.mark.parametrize("columns", [50, 60, 80, 100, 200])
def test_a_table_fits_and_keeps_every_number(columns: int) -> None:
    lines = fit(TABLE, columns).splitlines()
    assert max(map(len, lines)) <= columns
    for cell in ROWS[0][1:4]:
        assert "\n".join(lines).count(cell) == 2


def test_a_wide_table_has_a_line_a_row_in_columns() -> None:
    assert fit(markdown_table(["a", "long"], [["1", "2"]]), 80).splitlines() == [
        "a  long",
        "─  ────",
        "1  2",
    ]


def test_rows_of_the_same_name_stand_below_it_once() -> None:
    rows = [["a" * 30, "loss", "x" * 20], ["a" * 30, "accuracy", "y" * 20]]
    assert fit(markdown_table(["name", "figure", "value"], rows), 40).splitlines() == [
        "  figure    value",
        f"  ────────  {'─' * 20}",
        "a" * 30,
        f"  loss      {'x' * 20}",
        f"  accuracy  {'y' * 20}",
    ]


def test_where_no_table_fits_each_cell_follows_its_header() -> None:
    rows = [["a", "1" * 20, "2" * 20]]
    assert fit(markdown_table(["name", "one", "two"], rows), 30).splitlines() == [
        "a",
        f"  one {'1' * 20}",
        f"  two {'2' * 20}",
    ]


def test_verdicts_have_colours_that_take_no_room() -> None:
    colored = fit(TABLE, 60, color=True)
    assert "\x1b[33mtoo few" in colored
    for code in ("\x1b[33m", "\x1b[1m", "\x1b[0m"):
        colored = colored.replace(code, "")
    plain = fit(TABLE, 60)
    assert [s.rstrip() for s in colored.splitlines()] == [s.rstrip() for s in plain.splitlines()]


def test_an_interval_is_not_parted() -> None:
    assert wrap("from 0.1 to 0.2", 8) == ["from", "0.1 to 0.2"]


def test_lines_at_the_bottom_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", shown := Terminal())
    bottom = Bottom()
    bottom.draw(["one", "two"])
    bottom.draw(["three"])
    bottom.clear()
    bottom.clear()
    assert shown.getvalue() == "\rone\x1b[K\ntwo\x1b[J\r\x1b[1Athree\x1b[J\r\x1b[J"
