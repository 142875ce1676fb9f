"""AdaMax as Keras takes the steps."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_betas, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import KerasOptimizer


class KerasAdamax(KerasOptimizer):
    """Adam with a decaying maximum in place of the second moment (Kingma & Ba 2015, section 7).

    In step t = 1, 2, ...::

        m = beta1 m + (1 - beta1) g
        u = max(beta2 u, |g|)
        w = w - lr / (1 - beta1^t) * m / (u + eps)

    `torch.optim.Adamax` adds eps to the gradient inside the maximum and its default eps is 1e-8.

    Chapter 11, "Adam and Nadam Optimization".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasAdamax([w], lr=0.1).step()
    >>> w.data
    tensor([0.9000])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        betas: Shares of the moment and of the maximum that a step keeps, each in [0, 1).
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
        """Move `params` along the moments, divided by the maxima."""
        beta1, beta2 = group["betas"]
        m, u = self.slots("m", params), self.slots("u", params)
        torch._foreach_lerp_(m, grads, 1 - beta1)
        torch._foreach_mul_(u, beta2)
        torch._foreach_maximum_(u, torch._foreach_abs(grads))
        divisor = torch._foreach_add(u, group["eps"])
        lr = group["lr"] / (1 - beta1 ** group["steps"])
        torch._foreach_addcdiv_(params, m, divisor, -lr)
