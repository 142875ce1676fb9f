"""Range checks for the numbers a user gives, with messages that name value and range."""

import math


def check_positive(**values: float) -> None:
    """Raise ValueError unless every value is finite and above 0.

    >>> check_positive(lr=0)
    Traceback (most recent call last):
    ValueError: lr must be above 0, got 0
    """
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be above 0, got {value}")


def check_not_negative(**values: float) -> None:
    """Raise ValueError unless every value is finite and at least 0."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be at least 0, got {value}")


def check_fraction(**values: float) -> None:
    """Raise ValueError unless every value lies in [0, 1)."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be in [0, 1), got {value}")
