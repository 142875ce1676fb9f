"""The pair of classes that the documents print, among all pairs."""

from dataclasses import dataclass

from dnn_techniques.documents.documented import documented
from dnn_techniques.studies.transfer.outcome import Interval, Outcome
from dnn_techniques.studies.transfer.recipe import Recipe
from dnn_techniques.studies.transfer.task_a import Pair

PAIR: Pair = (5, 6)  # sandal, shirt
SIZE = 200


def printed_ratio(recipe: Recipe) -> float:
    """The printed test errors without transfer over those with a recipe's.

    About 4.9 in the notebook and 3.7 in the book, which calls it a factor of four.
    """
    alone, transfer = (
        documented(id).finished[recipe.edition]["test_accuracy"]
        for id in ("transfer-b", recipe.documented)
    )
    return (1 - alone) / (1 - transfer)


@dataclass(frozen=True)
class Standing:
    """Where the documented pair stands among the pairs of an outcome.

    Attributes:
        median: Median ratio of its seeds.
        extremes: Lowest and highest ratio of its seeds.
        rank: How many pairs have a median ratio at least as high, itself among them.
        beyond_printed: Share of all cases with at least the recipe's printed ratio.
        own_beyond_printed: The same of its own seeds.
    """

    median: float
    extremes: Interval
    rank: int
    beyond_printed: float
    own_beyond_printed: float


def standing(outcome: Outcome) -> Standing | None:
    """Where the documented pair stands, None if it is not there."""
    if PAIR not in outcome.pairs:
        return None
    own, medians = outcome.of_pair(PAIR), outcome.pair_medians()
    printed = printed_ratio(outcome.recipe)
    median = float(medians[outcome.pairs.index(PAIR)])
    return Standing(
        median,
        (float(own.min()), float(own.max())),
        int((medians >= median).sum()),
        float((outcome.ratios >= printed).mean()),
        float((own >= printed).mean()),
    )
