"""What some runs say of one more: is a documented run such a one?"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from scipy.special import ndtri, stdtr, stdtrit

CONFIDENCE = 0.99
UNBOUNDED = (-math.inf, math.inf)


@dataclass(frozen=True)
class Prediction:
    """A figure of n runs that differ in their seed, taken as draws of a normal distribution.

    A further draw minus the mean, over s sqrt(1 + 1/n), then has Student's t distribution with
    n - 1 degrees of freedom. With less than two runs nothing is predicted.

    Attributes:
        values: The figure in each run, at least one.
        confidence: Share of further runs that the interval holds.
        bounds: Smallest and largest value that the figure can have.
    """

    values: Sequence[float]
    confidence: float = CONFIDENCE
    bounds: tuple[float, float] = UNBOUNDED

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        """Mean over the runs."""
        return statistics.fmean(self.values)

    @cached_property
    def std(self) -> float | None:
        """Standard deviation over the runs (divided by n - 1), None for a single run."""
        if self.n < 2 or not math.isfinite(self.mean):
            return None
        return statistics.stdev(self.values)

    @property
    def reach(self) -> float | None:
        """Half the width of the interval, were it unbounded: the smallest shift that is noticed.

        A figure further than that from the mean would have lain outside.
        """
        if self.std is None:
            return None
        t = float(stdtrit(self.n - 1, (1 + self.confidence) / 2))
        return t * self.std * math.sqrt(1 + 1 / self.n)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval that holds one more run's figure with the confidence asked for.

        It ends where the figure does.

        >>> low, high = Prediction([1.0, 2.0, 3.0]).interval
        >>> round(low, 2), round(high, 2)
        (-9.46, 13.46)
        >>> low, high = Prediction([1.0, 2.0, 3.0], bounds=(0, math.inf)).interval
        >>> low, round(high, 2)
        (0, 13.46)
        """
        if self.reach is None:
            return None
        low, high = self.bounds
        return max(self.mean - self.reach, low), min(self.mean + self.reach, high)

    def contains(self, value: float) -> bool | None:
        """Whether the interval holds `value`; None without an interval."""
        interval = self.interval
        return None if interval is None else interval[0] <= value <= interval[1]

    def z(self, value: float) -> float | None:
        """How far out `value` lies, as a standard normal score of the same probability.

        Over many independent figures of genuine further runs these scores have standard deviation
        1, however few the runs. None where there is no spread to compare with.

        >>> round(Prediction([1.0, 2.0, 3.0]).z(13.46), 2)  # 2.58 bounds 99% of a normal
        2.58
        """
        if not self.std:
            return None
        t = (value - self.mean) / (self.std * math.sqrt(1 + 1 / self.n))
        return math.copysign(-float(ndtri(stdtr(self.n - 1, -abs(t)))), t)


def mean_interval(
    values: Sequence[float], bounds: tuple[float, float] = UNBOUNDED
) -> tuple[float, float] | None:
    """99% confidence interval of the mean by Student's t; None for a single value.

    It ends where the values do, at the smallest and the largest possible one.

    >>> low, high = mean_interval([1.0, 2.0, 3.0])
    >>> round(low, 2), round(high, 2)
    (-3.73, 7.73)
    """
    n = len(values)
    if n < 2:
        return None
    t = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    mean, reach = statistics.fmean(values), t * statistics.stdev(values) / math.sqrt(n)
    return max(mean - reach, bounds[0]), min(mean + reach, bounds[1])
