"""Lines and tables that fit the terminal, and colours where it has them."""

import itertools
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

BOLD, RED, GREEN, YELLOW = 1, 31, 32, 33
COLORS = {
    "inside": GREEN,
    "holds": GREEN,
    "replayed": GREEN,
    "OUTSIDE": RED,
    "fails": RED,
    "too few runs": YELLOW,
    "undecided": YELLOW,
}
# What is not parted: a number with its spread, an interval.
_TOGETHER = re.compile(r"(?<=\d) (±|to) (?=[-\d])")
# A space that no line is broken at.
_FIXED = "\N{NO-BREAK SPACE}"
_BETWEEN = "  "

Row = Sequence[str]


def width() -> int | None:
    """Number of columns: COLUMNS, or else the terminal's; None in a file or a pipe."""
    if os.environ.get("COLUMNS") or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def colorful() -> bool:
    """Whether the output is a terminal whose user has not set NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def note(text: str) -> None:
    """Print a line on standard error, which is seen from runs that are made side by side, too."""
    print(fit(text, width()), file=sys.stderr, flush=True)


def say(text: str = "", hang: int = 0) -> None:
    """Print lines and Markdown tables so that they fit the terminal, as `fit` makes them.

    They take the place of a line that said what was waited for.
    """
    start = "\r\x1b[K" if sys.stdout.isatty() else ""
    print(start + fit(text, width(), colorful(), hang), flush=True)


def fit(text: str, columns: int | None, color: bool = False, hang: int = 0) -> str:
    """Lines and Markdown tables in so many columns; as they are where there is no limit.

    The second line of a line is `hang` columns further in.

    A path that is longer has a line of its own.

    >>> print(fit("a line", 4))
    a
    line
    """
    if columns is None:
        return text
    lines: list[str] = []
    for is_table, group in itertools.groupby(text.split("\n"), lambda line: line[:2] == "| "):
        if is_table:
            rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in group]
            lines += _table(rows[0], rows[2:], columns, color)
        else:
            for line in group:
                lines += wrap(line, columns, hang) or [""]
    return "\n".join(lines)


def wrap(line: str, columns: int, hang: int = 0) -> list[str]:
    """The lines of a line, broken at spaces; those after the first are `hang` columns further in.

    >>> wrap("  the first ± 2", 11)
    ['  the first', '  ± 2']
    """
    indent = len(line) - len(line.lstrip())
    text = _TOGETHER.sub(f"{_FIXED}\\1{_FIXED}", line.strip())
    wrapped = textwrap.wrap(
        text,
        max(columns, indent + hang + 1),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_FIXED, " ") for part in wrapped]


def fold(parts: Iterable[str], columns: int | None, hang: int) -> str:
    """Fields side by side, in several lines where one is too narrow; no field is parted.

    >>> print(fold(["epoch 1", "loss 0.5", "val_loss 0.6"], 20, 2))
    epoch 1  loss 0.5
      val_loss 0.6
    """
    parts = list(parts)
    if columns is None:
        return _BETWEEN.join(parts)
    fixed = _BETWEEN.join(part.replace(" ", _FIXED) for part in parts)
    return "\n".join(wrap(fixed, columns, hang))


class Bottom:
    """Lines at the end of a terminal's output that are drawn again and again."""

    def __init__(self) -> None:
        self.height = 0

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the lines by others, each narrower than the terminal."""
        up = f"\x1b[{self.height - 1}A" if self.height > 1 else ""
        ends = "\x1b[K\n".join(lines)
        sys.stdout.write(f"\r{up}{ends}\x1b[J" if lines or self.height else "")
        sys.stdout.flush()
        self.height = len(lines)

    def clear(self) -> None:
        """Take the lines away."""
        self.draw([])


def paint(text: str, code: int) -> str:
    r"""Text in a colour, or bold.

    >>> paint("a", RED)
    '\x1b[31ma\x1b[0m'
    """
    return f"\x1b[{code}m{text}\x1b[0m" if text.strip() else text


def _table(header: Row, rows: Sequence[Row], columns: int, color: bool) -> list[str]:
    """A table in so many columns, in the way that takes fewer lines.

    Cells are wrapped, or the first of each row stands above it. Where neither fits, each cell
    follows its header.
    """
    widths = _widths([header, *rows], columns)
    beside = [line for row in rows for line in _row(row, widths, color)] if widths else []
    if widths and len(beside) == len(rows):
        return _heading(header, widths, color) + beside
    inner = _widths([row[1:] for row in (header, *rows)], columns - len(_BETWEEN))
    below: list[str] = []
    for name, group in itertools.groupby(rows, key=lambda row: row[0]):
        below += [paint(line, BOLD) if color else line for line in wrap(name, columns, 4)]
        for _, *cells in group:
            if inner:
                below += [_BETWEEN + line for line in _row(cells, inner, color)]
            else:
                said = [f"{name} {cell}" for name, cell in zip(header[1:], cells, strict=True)]
                below += fold([_BETWEEN + said[0], *said[1:]], columns, 0).split("\n")
    if widths and len(beside) <= len(below):
        return _heading(header, widths, color) + beside
    if inner:
        below[:0] = [_BETWEEN + line for line in _heading(header[1:], inner, color)]
    return below


def _heading(header: Row, widths: Sequence[int], color: bool) -> list[str]:
    lines = [paint(line, BOLD) if color else line for line in _row(header, widths)]
    return [*lines, _BETWEEN.join("─" * wide for wide in widths)]


def _widths(rows: Sequence[Row], columns: int) -> list[int]:
    """Widths of the columns of a table that fits, empty if it cannot."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    least = [
        max(len(word) for cell in column for word in _words(cell) or [""])
        for column in zip(*rows, strict=True)
    ]
    too_wide = sum(widths) + len(_BETWEEN) * (len(widths) - 1) - columns
    for _ in range(too_wide):
        spare = [(wide, k) for k, wide in enumerate(widths) if wide > least[k]]
        if not spare:
            return []
        widths[max(spare)[1]] -= 1
    return widths


def _row(cells: Row, widths: Sequence[int], color: bool = False) -> list[str]:
    """The lines of a row."""
    wrapped = [_wrapped(cell, wide) for cell, wide in zip(cells, widths, strict=True)]
    lines = []
    for parts in itertools.zip_longest(*wrapped, fillvalue=""):
        padded = [part.ljust(wide) for part, wide in zip(parts, widths, strict=True)]
        if color:
            padded = [
                paint(part, COLORS[cell]) if cell in COLORS else part
                for part, cell in zip(padded, cells, strict=True)
            ]
        lines.append(_BETWEEN.join(padded).rstrip())
    return lines


def _wrapped(cell: str, columns: int) -> list[str]:
    lines = [""]
    for word in _words(cell):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > columns:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _words(cell: str) -> list[str]:
    """What a cell may be parted into: words with the spaces after them, and parts of a name."""
    fixed = _TOGETHER.sub(f"{_FIXED}\\1{_FIXED}", cell)
    parts = re.split(r"(?<= )|(?<=[/,])(?=[a-z])", fixed)
    return [part.replace(_FIXED, " ") for part in parts if part]
