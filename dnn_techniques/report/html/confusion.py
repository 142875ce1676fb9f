"""The confusion matrices that ``figures`` left in the folders of runs."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from dnn_techniques.runs.run_folder import CONFUSION

# A larger matrix stays a picture.
MOST_CLASSES = 30
# How much of a cell's colour is the mistakes', in percent, where there are most of them.
DEEPEST = 55


@dataclass(frozen=True)
class Cell:
    """How many images of a class a net takes for a class.

    Attributes:
        count: Their number, or share.
        shade: How much colour it has, in percent: by the square root of its share of the largest
            number of mistakes; that of a class taken for itself has none.
    """

    count: str
    shade: int


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix.

    Attributes:
        run: Whose, for a caption.
        names: The classes.
        rows: A row for each class that images are of, a cell for each that they are taken for.
        right: Share of the images that are taken for what they are.
    """

    run: str
    names: list[str]
    rows: list[list[Cell]]
    right: float


def read_confusion(folder: Path, run: str) -> Confusion | None:
    """The matrix in the folder of a run.

    Args:
        folder: The folder.
        run: What a caption calls the run.

    Returns:
        The matrix; None where there is none, or none that a table could show.
    """
    file = folder / f"{CONFUSION}.csv"
    if not file.is_file():
        return None
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
        counts = {(row["y"], row["x"]): float(row["value"]) for row in rows}
    except (KeyError, TypeError, ValueError):  # it is somebody else's
        return None
    names = list(dict.fromkeys(name for name, _ in counts))
    total = sum(counts.values())
    whole = counts.keys() == {(a, b) for a in names for b in names} and math.isfinite(total)
    if not whole or not total > 0 or len(names) > MOST_CLASSES:
        return None
    most = max((n for (a, b), n in counts.items() if a != b), default=0) or 1

    def cell(row: str, column: str) -> Cell:
        count = counts[row, column]
        share = 0 if row == column else max(0, count / most) ** 0.5
        return Cell(f"{count:g}", round(DEEPEST * share))

    return Confusion(
        run,
        names,
        [[cell(row, column) for column in names] for row in names],
        sum(counts[name, name] for name in names) / total,
    )
