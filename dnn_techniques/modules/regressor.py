"""Regression: one or several numbers as outputs."""

from collections.abc import Callable
from typing import Any, Literal, get_args

import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.modules.experiment import Experiment

Criterion = Literal["mse", "mae", "huber"]
CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
}


class Regressor(Experiment):
    """An `Experiment` whose net maps inputs (n, *) to numbers (n, targets).

    Targets are (n,) for one number, or (n, targets). Reports `mae`, the mean absolute error, beside
    the loss.

    The losses are those of the book's table "Typical regression MLP architecture", each a mean
    over samples and outputs: the squared error, the absolute error for targets with outliers, or
    Huber's (1964), e^2 / 2 of an error e up to 1 and |e| - 1/2 beyond, between the two.

    Args:
        *args: Those of `Experiment`.
        criterion: Name of the loss: ``mse``, ``mae`` or ``huber``.
        **kwargs: Those of `Experiment`.

    Raises:
        ValueError: If there is no such loss.

    Example:
        >>> from torch import nn
        >>> Regressor(nn.Linear(8, 1), criterion="huber", lr=1e-3).criterion
        'huber'
    """

    def __init__(self, *args: Any, criterion: Criterion = "mse", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if criterion not in CRITERIA:
            known = ", ".join(get_args(Criterion))
            raise ValueError(f"criterion must be one of {known}; got {criterion!r}")
        self.criterion: Criterion = criterion

    def data_loss(self, outputs: Any, targets: Tensor) -> Tensor:
        """Mean loss of a batch, a scalar."""
        return CRITERIA[self.criterion](outputs, as_outputs(targets, outputs))

    def metrics(self, outputs: Any, targets: Tensor) -> dict[str, Tensor]:
        """Mean absolute error of a batch."""
        return {"mae": F.l1_loss(outputs, as_outputs(targets, outputs))}


def as_outputs(targets: Tensor, outputs: Tensor) -> Tensor:
    """Targets in the shape and type of the outputs: (n,) becomes (n, 1).

    The difference of (n, 1) and (n,) would be one of every output and every target, (n, n).

    Raises:
        ValueError: If there are other numbers of them.
    """
    if targets.numel() != outputs.numel():
        raise ValueError(
            f"{tuple(targets.shape)} targets do not fit outputs {tuple(outputs.shape)}"
        )
    return targets.to(outputs.dtype).reshape(outputs.shape)
