"""Claims of "Gradient Clipping"."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs, Whose
from dnn_techniques.results.claims.effects import largest_that_trains, trained_to

WITHOUT = "clipping/without"
# Their thresholds were chosen so that the net trains.
TUNED = ("clipping/by_value", "clipping/by_norm")
BY_VALUE = ("clipping/by_value", "clipping/by_value_documented", "clipping/by_value_swept")


def rescue(*ways: str) -> Effect:
    """Validation accuracy of the worst of these ways of clipping minus that without."""
    return lambda runs: min(trained_to(runs[way]) for way in ways) - trained_to(runs[WITHOUT])


def decades_below_1(runs: Runs) -> float:
    """Powers of ten from a threshold of 1 down to the largest value at which the net trains."""
    by_value = {run.settings["model.init_args.clipping.value"]: run for run in runs.values()}
    return -math.log10(largest_that_trains(by_value))


def _trains(whose: Whose, how: str, *ways: str) -> Claim:
    which = "clipped" if len(ways) == 1 else "the worst way of clipping"
    return Claim(
        f"A net that diverges trains when its gradients are clipped {how}",
        whose,
        "Gradient Clipping",
        (*ways, WITHOUT),
        f"validation accuracy, {which} minus none (0 for a loss that is not finite)",
        rescue(*ways),
        0.3,
    )


CLAIMS = (
    _trains("book", "with clipvalue=1.0", "clipping/by_value_documented"),
    _trains("book", "with clipnorm=1.0, as Keras does it", "clipping/by_norm_documented"),
    _trains("book", "with clipnorm=1.0, as the book describes it", "clipping/by_global_norm"),
    _trains("ours", "at thresholds chosen for this net: values of 0.005, norms of 0.1", *TUNED),
    Claim(
        "Clipped by value, this net trains only far below the documented threshold of 1.0",
        "ours",
        "Gradient Clipping",
        BY_VALUE,
        "powers of ten from 1.0 down to the largest threshold with a validation accuracy of 0.5",
        decades_below_1,
        1,
    ),
)
