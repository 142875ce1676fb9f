"""Range checks for the numbers a user gives, with messages that name value and range."""

import math
from collections.abc import Sequence

from dnn_techniques.errors import InputError

# The runs of all of them are planned before the first one trains.
MOST_SEEDS = 10_000


def check_positive(**values: float) -> None:
    """Raise ValueError unless every value is finite and above 0.

    >>> check_positive(lr=0)
    Traceback (most recent call last):
    ValueError: lr must be above 0, got 0
    """
    for name, value in values.items():
        if not 0 < value < math.inf:
            finite = "finite and " if value == math.inf else ""
            raise ValueError(f"{name} must be {finite}above 0, got {value}")


def check_not_negative(**values: float) -> None:
    """Raise ValueError unless every value is finite and at least 0."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            finite = "finite and " if value == math.inf else ""
            raise ValueError(f"{name} must be {finite}at least 0, got {value}")


def check_fraction(**values: float) -> None:
    """Raise ValueError unless every value lies in [0, 1)."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be in [0, 1), got {value}")


def check_betas(betas: Sequence[float]) -> None:
    """Raise ValueError unless `betas` are two values in [0, 1)."""
    if len(betas) != 2:
        raise ValueError(f"betas must be two values, got {betas}")
    check_fraction(beta1=betas[0], beta2=betas[1])


def check_count(**values: int) -> None:
    """Raise ValueError unless every value is a whole number and at least 0."""
    for name, value in values.items():
        if not (value >= 0 and value == int(value)):
            raise ValueError(f"{name} must be a whole number and at least 0, got {value}")


def check_seeds(number: int) -> None:
    """Refuse a number of seeds out of range.

    Raises:
        InputError: If it is.
    """
    if number < 1:
        raise InputError(f"--seeds must be at least 1, got {number}")
    if number > MOST_SEEDS:
        raise InputError(f"--seeds must be at most {MOST_SEEDS}, got {number}")
