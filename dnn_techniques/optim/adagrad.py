"""AdaGrad with the defaults of Keras."""

from typing import Any

import torch
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import CheckedGroups


class KerasAdagrad(CheckedGroups, torch.optim.Adagrad):
    """Divide the gradient by the root of the sum of its squares (Duchi et al. 2011).

    ::

        s = s + g^2
        w = w - lr g / (sqrt(s) + eps)

    torch's class with Keras's defaults; torch starts s at 0 with lr = 1e-2 and eps = 1e-10.

    Chapter 11, "AdaGrad".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasAdagrad([w], lr=0.1).step()
    >>> w.data
    tensor([0.9047])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        initial_accumulator_value: First s, at least 0.
        eps: Keeps the divisor from 0, above 0.

    Raises:
        ValueError: If a value is outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        initial_accumulator_value: float = 0.1,
        eps: float = 1e-7,
    ) -> None:
        self.check({"lr": lr, "initial_accumulator_value": initial_accumulator_value, "eps": eps})
        super().__init__(params, lr, initial_accumulator_value=initial_accumulator_value, eps=eps)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(
            lr=group["lr"], initial_accumulator_value=group["initial_accumulator_value"]
        )
        check_positive(eps=group["eps"])
