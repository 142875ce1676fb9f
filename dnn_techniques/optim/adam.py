"""Adam as Keras takes the steps."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_betas, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import KerasOptimizer


class KerasAdam(KerasOptimizer):
    """Adaptive moment estimation (Kingma & Ba 2015) with eps beside the uncorrected root.

    In step t = 1, 2, ...::

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        w = w - lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)

    `torch.optim.Adam` corrects v before it adds eps, so that its eps counts up to 30 times less in
    the first steps. That shows where gradients are tiny, as on the border pixels of an image.

    Chapter 11, "Adam and Nadam Optimization".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasAdam([w], lr=0.1).step()
    >>> w.data
    tensor([0.9000])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        betas: Shares of both moments that a step keeps, each in [0, 1).
        eps: Keeps the divisor from 0, above 0.

    Raises:
        ValueError: If a value of a group is outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_betas(group["betas"])
        check_positive(eps=group["eps"])

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` along the first moments, divided by the roots of the second."""
        (beta1, beta2), steps = group["betas"], group["steps"]
        m, v = self.slots("m", params), self.slots("v", params)
        torch._foreach_lerp_(m, grads, 1 - beta1)
        torch._foreach_mul_(v, beta2)
        torch._foreach_addcmul_(v, grads, grads, 1 - beta2)
        divisor = torch._foreach_sqrt(v)
        torch._foreach_add_(divisor, group["eps"])
        lr = group["lr"] * math.sqrt(1 - beta2**steps) / (1 - beta1**steps)
        torch._foreach_addcdiv_(params, m, divisor, -lr)
