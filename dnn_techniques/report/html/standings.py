"""The experiments of a group in order, each beside the best one over the same seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dnn_techniques.errors import InputError
from dnn_techniques.results.paired import Paired, pair
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet

WORSE = "surely worse"
UNSURE = "not told apart from it"


@dataclass(frozen=True)
class Standing:
    """An experiment beside the best one.

    Attributes:
        run_set: Its runs.
        difference: Its final figure minus the best one's, seed by seed; None of the best itself,
            and where they have no seed in common.
        word: What the difference says.
    """

    run_set: RunSet
    difference: Paired | None
    word: str


def figure_of(run_sets: Sequence[RunSet]) -> str | None:
    """The figure by which experiments are ordered: the first that all of them have."""
    figures = ("val_accuracy", "val_loss")
    return next((f for f in figures if all(s.final(f) for s in run_sets)), None)


def standings(run_sets: Sequence[RunSet]) -> list[Standing]:
    """The experiments from the best to the worst; none if they have no figure in common."""
    figure = figure_of(run_sets)
    if figure is None:
        return []
    sign = -1 if "accuracy" in figure else 1

    def place(run_set: RunSet) -> float:
        mean = Prediction(run_set.final(figure)).mean
        return sign * mean if math.isfinite(mean) else math.inf

    best, *others = sorted(run_sets, key=place)
    return [Standing(best, None, "best"), *(_beside(best, s, figure, sign) for s in others)]


def short(name: str) -> str:
    """An experiment's name without its group, which stands above.

    >>> short("bn/without"), short("mine")
    ('without', 'mine')
    """
    return name.partition("/")[2] or name


def worded(figure: str) -> str:
    """A column of metrics.csv in words.

    >>> worded("val_accuracy"), worded("lr")
    ('validation accuracy', 'learning rate')
    """
    if figure == "lr":
        return "learning rate"
    return figure.replace("val_", "validation ", 1) if figure.startswith("val_") else figure


def _beside(best: RunSet, other: RunSet, figure: str, sign: int) -> Standing:
    try:
        (difference,) = (p for p in pair(other, best) if p.figure == figure)
    except InputError:
        return Standing(other, None, "no seed in common")
    if not all(map(math.isfinite, difference.differences)):
        return Standing(other, difference, "diverged")
    if difference.interval is None:
        return Standing(other, difference, "one seed only")
    sure = all(sign * end > 0 for end in difference.interval)
    return Standing(other, difference, WORSE if sure else UNSURE)
