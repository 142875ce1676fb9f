"""RMSProp as Keras takes the steps, with and without momentum."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_fraction, check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import KerasOptimizer


class KerasRMSprop(KerasOptimizer):
    """Divide the gradient by the root of a moving mean of its square (Hinton 2012).

    ::

        a = rho a + (1 - rho) g^2
        w = w - lr g / (sqrt(a) + eps)                  (momentum = 0)
        b = momentum b + lr g / sqrt(a + eps)
        w = w - b                                       (momentum > 0)

    Without momentum this is ``torch.optim.RMSprop(alpha=rho, eps=eps)``, whose own defaults are
    alpha = 0.99, eps = 1e-8 and lr = 1e-2. With momentum Keras has eps inside the root and the rate
    inside the velocity; none of torch's arguments give that. A group that has a velocity keeps it,
    and the second formula, while a scheduler holds its momentum at 0.

    Chapter 11, "RMSProp".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> KerasRMSprop([w], lr=0.1).step()
    >>> w.data
    tensor([0.6838])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        rho: Share of the mean square that a step keeps, in [0, 1).
        momentum: Share of the velocity that a step keeps, in [0, 1).
        eps: Keeps the divisor from 0, above 0.

    Raises:
        ValueError: If a value of a group is outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        rho: float = 0.9,
        momentum: float = 0.0,
        eps: float = 1e-7,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "momentum": momentum, "eps": eps})

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_fraction(rho=group["rho"], momentum=group["momentum"])
        check_positive(eps=group["eps"])

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` by the scaled gradients, through a velocity if the group has one."""
        lr, rho, momentum, eps = group["lr"], group["rho"], group["momentum"], group["eps"]
        mean_square = self.slots("mean_square", params)
        torch._foreach_mul_(mean_square, rho)
        torch._foreach_addcmul_(mean_square, grads, grads, 1 - rho)
        if momentum == 0 and not any("velocity" in self.state[p] for p in params):
            divisor = torch._foreach_sqrt(mean_square)
            torch._foreach_add_(divisor, eps)
            torch._foreach_addcdiv_(params, grads, divisor, -lr)
            return
        divisor = torch._foreach_sqrt(torch._foreach_add(mean_square, eps))
        velocity = self.slots("velocity", params)
        torch._foreach_mul_(velocity, momentum)
        torch._foreach_addcdiv_(velocity, grads, divisor, -lr)
        torch._foreach_add_(params, velocity)


class TF1RMSprop(KerasRMSprop):
    """RMSProp as ``tf.train.RMSPropOptimizer`` of TensorFlow 1 takes the steps.

    It differs from Keras in two things: the mean square starts at 1, and eps is inside the root
    without momentum too. ``decay`` is `rho` here. The first steps are therefore short where the
    gradients are, instead of 1 / sqrt(1 - rho) times the rate whatever the gradient.

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([0.1])
    >>> TF1RMSprop([w], lr=0.1).step()
    >>> w.data
    tensor([0.9895])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        rho: Share of the mean square that a step keeps, in [0, 1).
        momentum: Share of the velocity that a step keeps, in [0, 1).
        eps: Keeps the root from 0, above 0.

    Raises:
        ValueError: If a value of a group is outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float,
        rho: float = 0.9,
        momentum: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(params, lr, rho, momentum, eps)

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` through a velocity, from a mean square of 1."""
        self.slots("mean_square", params, initial=1.0)
        self.slots("velocity", params)  # with which Keras's eps is inside the root
        super().update(params, grads, group)
