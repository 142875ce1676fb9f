"""Nadam as Keras takes the steps."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_betas, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import KerasOptimizer

MOMENTUM_DECAY = 4e-3


class KerasNadam(KerasOptimizer):
    """Adam with Nesterov momentum (Dozat 2016) and its warming momentum schedule.

    In step t = 1, 2, ... the momentum is mu_t = beta1 (1 - 0.96^(0.004 t) / 2), and::

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        M = mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t)
        w = w - lr M / (sqrt(v / (1 - beta2^t)) + eps)

    `torch.optim.NAdam` takes the same steps, with other defaults (lr = 2e-3, eps = 1e-8) and, on
    the CPU, one parameter after the other.

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
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Check the group's hyperparameters and add it, with no steps taken."""
        super().add_param_group({**param_group, "momentum_product": 1.0})

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_betas(group["betas"])
        check_positive(eps=group["eps"])

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` along the corrected moments, divided by the roots of the second ones."""
        lr, (beta1, beta2), steps = group["lr"], group["betas"], group["steps"]
        now, then = (beta1 * (1 - 0.5 * 0.96 ** (t * MOMENTUM_DECAY)) for t in (steps, steps + 1))
        product = group["momentum_product"] = group["momentum_product"] * now
        m, v = self.slots("m", params), self.slots("v", params)
        torch._foreach_lerp_(m, grads, 1 - beta1)
        torch._foreach_mul_(v, beta2)
        torch._foreach_addcmul_(v, grads, grads, 1 - beta2)
        # Divisor and rate are both multiplied by this root, which is cheaper than to correct v.
        root = math.sqrt(1 - beta2**steps)
        divisor = torch._foreach_sqrt(v)
        torch._foreach_add_(divisor, group["eps"] * root)
        torch._foreach_addcdiv_(params, grads, divisor, -lr * root * (1 - now) / (1 - product))
        torch._foreach_addcdiv_(params, m, divisor, -lr * root * then / (1 - product * then))
