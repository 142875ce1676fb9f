"""What the cases of all pairs say: how often transfer helps, by how much, how sure that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from dnn_techniques.results.prediction import CONFIDENCE
from dnn_techniques.studies.transfer.case import Case
from dnn_techniques.studies.transfer.recipe import RECIPES, Recipe
from dnn_techniques.studies.transfer.task_a import Pair

# A case helps or hurts if chance would part the two nets' errors as far in less than this share.
CHANCE = 0.05
RESAMPLES = 10_000

Floats = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The cases of one training-set size and recipe, the same seeds for each pair.

    Attributes:
        size: Number of training images.
        recipe: How the nets with transfer were trained.
        pairs: The pairs.
        cases: Seed, errors alone, with transfer, and of both, int, (pairs, seeds, 4).
        frozen_accuracies: Validation accuracies with transfer at the end of the frozen stage,
            (pairs, seeds).
    """

    size: int
    recipe: Recipe
    pairs: list[Pair]
    cases: NDArray[np.int64]
    frozen_accuracies: Floats

    @cached_property
    def ratios(self) -> Floats:
        """Errors without transfer for one with it, (pairs, seeds)."""
        return error_ratios(self.cases[..., 1], self.cases[..., 2])

    @cached_property
    def verdicts(self) -> NDArray[np.int64]:
        """1 where transfer helps, -1 where it hurts, 0 where chance would do as much."""
        return verdicts(*np.moveaxis(self.cases[..., 1:], -1, 0))

    @property
    def seeds(self) -> list[int]:
        """The seeds."""
        return [int(seed) for seed in self.cases[0, :, 0]]

    @property
    def median(self) -> float:
        """Median ratio of all cases."""
        return float(quantiles(self.ratios.ravel(), 0.5))

    @cached_property
    def median_interval(self) -> Interval | None:
        """Interval of the median ratio over pairs like these."""
        return bootstrap(self.ratios, lambda r: quantiles(r.reshape(len(r), -1), 0.5))

    def share(self, which: NDArray[np.bool_]) -> tuple[float, Interval | None]:
        """Share of cases, from (pairs, seeds), with its interval over pairs like these."""
        by_pair = which.mean(axis=1)
        return float(by_pair.mean()), bootstrap(by_pair, lambda shares: shares.mean(axis=1))

    def of_pair(self, pair: Pair) -> Floats:
        """The ratios of a pair, (seeds,)."""
        own: Floats = self.ratios[self.pairs.index(pair)]
        return own

    def pair_medians(self) -> Floats:
        """Median ratio of each pair, (pairs,)."""
        return quantiles(self.ratios, 0.5)


def outcome(size: int, recipe: Recipe, cases: Mapping[Pair, Sequence[Case]]) -> Outcome:
    """The outcome for a size and a recipe, of the seeds that all pairs have."""
    number = RECIPES.index(recipe)
    by_pair = {pair: {case.seed: case for case in own} for pair, own in cases.items()}
    common = sorted(set.intersection(*(set(own) for own in by_pair.values())))
    rows = [
        [
            (seed, own[seed].alone, *own[seed].transferred[number])  # the last is no whole number
            for seed in common
        ]
        for own in by_pair.values()
    ]
    values = np.array(rows, dtype=np.float64)
    return Outcome(size, recipe, list(cases), values[..., :4].astype(np.int64), values[..., 4])


def error_ratios(alone: NDArray[np.int64], transfer: NDArray[np.int64]) -> Floats:
    """Errors alone over errors with transfer; 1 if there are none, infinite if only alone.

    >>> error_ratios(np.array([9, 0, 3]), np.array([3, 0, 0]))
    array([ 3.,  1., inf])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((alone == 0) & (transfer == 0), 1.0, alone / transfer)


def verdicts(
    alone: NDArray[np.int64], transfer: NDArray[np.int64], both: NDArray[np.int64]
) -> NDArray[np.int64]:
    """1 where transfer helps, -1 where it hurts, 0 where the test images cannot tell.

    The exact test of McNemar (1947): of the images that only one of two equally good nets gets
    wrong, each has each half of the time.

    Args:
        alone: Errors without transfer.
        transfer: Errors with transfer.
        both: Images that both get wrong.
    """
    only_alone, only_transfer = alone - both, transfer - both
    discordant = only_alone + only_transfer
    p = 2 * bdtr(np.minimum(only_alone, only_transfer).astype(float), discordant, 0.5)
    return np.where(p < CHANCE, np.sign(alone - transfer), 0)


def by_chance(
    alone: NDArray[np.int64], transfer: NDArray[np.int64], both: NDArray[np.int64]
) -> float:
    """Share of such cases that `verdicts` would call helped, and as many hurt, by chance alone.

    Counts are whole, so this is below half of `CHANCE`: with five images or less that only one of
    the nets gets wrong there is never a verdict.
    """
    return float(np.mean([_tail(n) for n in (alone + transfer - 2 * both).ravel()]))


@cache
def _tail(discordant: int) -> float:
    """Chance of a verdict in favour of one of two equally good nets."""
    tails = bdtr(np.arange(discordant + 1.0), discordant, 0.5)
    return float(tails[2 * tails < CHANCE].max(initial=0.0))


def quantiles(values: Floats, q: float) -> Floats:
    """A quantile along the last axis that is one of the values, since some may be infinite."""
    return np.asarray(np.quantile(values, q, axis=-1, method="inverted_cdf"))


def bootstrap(by_pair: Floats, statistic: Callable[[Floats], Floats]) -> Interval | None:
    """Percentile interval of a statistic, resampling pairs (Efron 1979).

    The seeds of a pair share its images and its net for the other classes: whole pairs are drawn.

    Args:
        by_pair: Values of each pair, (pairs, *).
        statistic: Maps resamples (resamples, pairs, *) to values (resamples,).

    Returns:
        The interval, None for less than two pairs.
    """
    if len(by_pair) < 2:
        return None
    random = np.random.default_rng(0)
    drawn = random.integers(len(by_pair), size=(RESAMPLES, len(by_pair)))
    # In parts: all resamples of all cases at once take much memory.
    values = np.concatenate([statistic(by_pair[part]) for part in np.array_split(drawn, 20)])
    tail = (1 - CONFIDENCE) / 2
    return float(quantiles(values, tail)), float(quantiles(values, 1 - tail))
