"""Nadam with the defaults of Keras."""

from typing import Any

import torch
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_betas, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import CheckedGroups


class KerasNadam(CheckedGroups, torch.optim.NAdam):
    """Adam with Nesterov momentum (Dozat 2016) and its warming momentum schedule.

    In step t = 1, 2, ... the momentum is mu_t = beta1 (1 - 0.96^(0.004 t) / 2), and::

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        M = mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t)
        w = w - lr M / (sqrt(v / (1 - beta2^t)) + eps)

    torch's class with Keras's defaults; torch's are lr = 2e-3 and eps = 1e-8.

    Chapter 11, "Adam and Nadam Optimization".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasNadam([w], lr=0.1).step()
    >>> w.data
    tensor([0.8944])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        betas: Shares of both moments that a step keeps, each in [0, 1).
        eps: Keeps the divisor from 0, above 0.

    Raises:
        ValueError: If a value is outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
    ) -> None:
        self.check({"lr": lr, "betas": betas, "eps": eps})
        # The decay is torch's default too; it is written out because it is part of the formula.
        super().__init__(params, lr, betas, eps, momentum_decay=4e-3)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_betas(group["betas"])
        check_positive(eps=group["eps"])
