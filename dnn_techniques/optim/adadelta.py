"""Adadelta with the defaults of Keras."""

from typing import Any

import torch
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_fraction, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import CheckedGroups


class KerasAdadelta(CheckedGroups, torch.optim.Adadelta):
    """Scale the gradient by the ratio of past steps to past gradients (Zeiler 2012).

    ::

        a = rho a + (1 - rho) g^2
        d = sqrt(u + eps) / sqrt(a + eps) * g
        u = rho u + (1 - rho) d^2
        w = w - lr d

    torch's class with Keras's defaults; torch's are lr = 1, rho = 0.9 and eps = 1e-6. Keras's lr of
    1e-3 makes for tiny steps: the paper has 1.

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasAdadelta([w], lr=0.1).step()
    >>> w.data
    tensor([0.9999])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        rho: Share of both means that a step keeps, in [0, 1).
        eps: Keeps the divisor from 0 and starts the steps, above 0.

    Raises:
        ValueError: If a value is outside its range.
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, rho: float = 0.95, eps: float = 1e-7
    ) -> None:
        self.check({"lr": lr, "rho": rho, "eps": eps})
        super().__init__(params, lr, rho, eps)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_fraction(rho=group["rho"])
        check_positive(eps=group["eps"])
