"""Output layers for numbers that are known to be positive, or to lie between two others.

Chapter 10, "Regression MLPs" and table "Typical regression MLP architecture".
"""

from typing import Literal

from torch import Tensor, nn

OutputName = Literal["linear", "relu", "softplus", "sigmoid", "tanh"]


class Bounded(nn.Module):
    """Brings any number between `low` and `high` by the logistic function or by tanh.

    The book scales the labels to the range of the function, 0 to 1 or -1 to 1, instead. tanh is the
    logistic function of twice the number, so that both can put out the same.

    Args:
        low: What the outputs are above.
        high: What they are below.
        by: ``sigmoid`` or ``tanh``.

    Raises:
        ValueError: If `low` is not below `high`, or the function is neither.
    """

    def __init__(self, low: float, high: float, by: Literal["sigmoid", "tanh"] = "sigmoid") -> None:
        super().__init__()
        if not low < high:
            raise ValueError(f"bounds must rise, got {low:g} and {high:g}")
        if by not in ("sigmoid", "tanh"):
            raise ValueError(f"by must be sigmoid or tanh, got {by!r}")
        self.low, self.high, self.by = low, high, by

    def forward(self, x: Tensor) -> Tensor:
        """Outputs in the shape of `x`."""
        share = x.sigmoid() if self.by == "sigmoid" else (x.tanh() + 1) / 2
        return self.low + (self.high - self.low) * share

    def extra_repr(self) -> str:
        """The bounds and the function."""
        return f"{self.low:g}, {self.high:g}, by={self.by!r}"


def make_output(name: OutputName, low: float = 0.0, high: float = 1.0) -> nn.Module:
    """The activation of an output layer.

    Args:
        name: ``linear`` for any number, ``relu`` or ``softplus`` for positive ones, ``sigmoid`` or
            ``tanh`` for numbers between `low` and `high`.
        low: See `Bounded`.
        high: See `Bounded`.

    Raises:
        ValueError: If there is no such output, or a bound is wrong.
    """
    match name:
        case "linear":
            return nn.Identity()
        case "relu":
            return nn.ReLU()
        case "softplus":
            return nn.Softplus()
        case "sigmoid" | "tanh":
            return Bounded(low, high, name)
    raise ValueError(f"output must be linear, relu, softplus, sigmoid or tanh; got {name!r}")
