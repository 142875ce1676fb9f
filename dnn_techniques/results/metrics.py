"""What is known of a metric by its name: between which values it lies, how exact one asks it."""

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A kind of figure.

    Attributes:
        low: Its smallest possible value.
        high: Its largest possible value.
        tolerance: The largest shift that a reader would let pass.
        share: Whether `tolerance` is a share of the mean instead.
    """

    low: float = -math.inf
    high: float = math.inf
    tolerance: float = math.inf
    share: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest possible value."""
        return self.low, self.high

    def tolerated(self, mean: float) -> float:
        """The largest shift that a reader would let pass of a figure with this mean."""
        return self.tolerance * abs(mean) if self.share else self.tolerance


# By a part of the name; the first that fits. Losses have no scale of their own: their tolerance is
# a share. Figures of a single image move far more than those of a whole set.
_METRICS = {
    " image, std": Metric(0, 0.5, 0.1),
    " image": Metric(0, 1, 0.1),
    "accuracy": Metric(0, 1, 0.05),
    "loss": Metric(0, math.inf, 0.2, share=True),
    "mae": Metric(0, math.inf, 0.2, share=True),
    "entropy": Metric(0, math.inf, 0.2, share=True),
    "ece": Metric(0, 1, 0.05),
}

# Effects that lie between -1 and 1, by their unit: differences of two shares, and correlations.
_SHARES = r"((validation|test|training) )?(accuracy|share)|Kendall's tau"


def metric(figure: str) -> Metric:
    """The metric of a figure, for example of `val_loss`; of an unknown one nothing is known.

    >>> metric("test_mc_accuracy").bounds
    (0, 1)
    >>> metric("output_std [3]").bounds
    (-inf, inf)
    """
    return next((m for part, m in _METRICS.items() if part in figure), Metric())


def effect_bounds(unit: str) -> tuple[float, float]:
    """Smallest and largest possible effect in this unit, where an effect is mostly a difference.

    >>> effect_bounds("validation accuracy after 1 epoch"), effect_bounds("epochs more")
    ((-1, 1), (-inf, inf))
    """
    return (-1, 1) if re.match(_SHARES, unit) else (-math.inf, math.inf)
