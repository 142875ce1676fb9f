"""Claims of "Faster Optimizers"."""

import math
import statistics
from collections.abc import Callable, Sequence

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import tau
from dnn_techniques.results.run_sets import Run

TABLE = documented_table("optimizer_stars")
ROWS = {k.split(" ")[-1]: v for k, v in TABLE.items() if k not in ("columns", "sources")}
NAMES = tuple(f"optimizers/{name}" for name in ROWS)


def stars(column: int, figure: Callable[[Run], float]) -> Effect:
    """Kendall's tau-b of a column of the book's stars and a measured figure."""
    claimed = [_count(row[column]) for row in ROWS.values()]

    def effect(runs: Runs) -> float:
        return tau(claimed, [figure(runs[name]) for name in NAMES])

    return effect


def finite(losses: Sequence[float]) -> list[float]:
    """Losses with infinity for those that are not finite: worse than any."""
    return [loss if math.isfinite(loss) else math.inf for loss in losses]


def _count(stars: str) -> float:
    """Number of stars; ``** or ***`` is two and a half."""
    return statistics.fmean(word.count("*") for word in stars.split(" ") if "*" in word)


CLAIMS = (
    Claim(
        "The optimizers' convergence speed is ordered as the table's stars",
        "book",
        "Faster Optimizers",
        NAMES,
        "Kendall's tau-b (0.78 at most, for the stars are tied) of stars and training loss after"
        " 1 epoch, lower is faster",
        stars(0, lambda run: -finite(run.curves["loss"])[0]),
        0.3,
    ),
    Claim(
        "The optimizers' convergence quality is ordered as the table's stars",
        "book",
        "Faster Optimizers",
        NAMES,
        "Kendall's tau-b (0.82 at most) of stars and lowest validation loss of 5 epochs",
        stars(1, lambda run: -min(finite(run.curves["val_loss"]))),
        0.3,
    ),
)
