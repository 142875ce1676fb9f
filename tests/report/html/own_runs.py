"""Runs of nobody's experiments, with names and settings that are no good HTML."""

import math
from pathlib import Path
from typing import Any

from tests.results.runs_by_hand import write_run

EVIL = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)<"  # no slash but of its own: it is a folder's name
DATA = {"name": "own data", "sha256": "d"}


def write_own_runs(out: Path, seeds: int = 3) -> None:
    """A net that learns, a worse one with a name that is HTML, and one that diverges.

    The first run of the first one has a confusion matrix.
    """
    for seed in range(42, 42 + seeds):
        good = [[epoch, 1 / epoch, 0.5, 0.9 / epoch, 0.9 - 0.01 * (seed == 43)] for epoch in (1, 2)]
        worse = [[epoch, 2 / epoch, 0.4, 1.1 / epoch, 0.6 + seed / 1e4] for epoch in (1, 2)]
        gone = [[1, 2, 0.4, 1.5, 0.2], [2, math.nan, 0.1, math.nan, 0.1]]
        for name, rows in (("good", good), (EVIL, worse), ("gone", gone)):
            model = {"model": {"init_args": {"lr": 0.1, "name": name + SCRIPT}}}
            changed: dict[str, Any] = {"data": DATA, "documented": None, "config": model}
            write_run(out, seed, f"mine/{name}", rows=rows, **changed)
    write_confusion(out / "mine" / "good" / "seed-42")


def write_confusion(folder: Path) -> None:
    """The numbers of a confusion matrix as ``figures`` writes them, ten classes, a name of HTML."""
    names = ["T-shirt/top", EVIL, "Pullover", "7", "Ankle boot", *(f"class {k}" for k in range(5))]
    lines = ["panel,series,x,y,value"]
    for i, row in enumerate(names):
        counts = [990 if i == j else 10 * (j == (i + 1) % 10) for j in range(10)]
        lines += [f"good,image,{name},{row},{n}" for name, n in zip(names, counts, strict=True)]
    (folder / "confusion.csv").write_text("\n".join(lines) + "\n")
    (folder / "confusion.png").write_bytes(b"the same as a picture")
