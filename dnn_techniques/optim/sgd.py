"""Stochastic gradient descent, momentum and Nesterov momentum as Keras takes the steps."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_fraction, check_not_negative
from dnn_techniques.optim.keras_optimizer import KerasOptimizer
from dnn_techniques.optim.outer_product import add_scaled


class KerasSGD(KerasOptimizer):
    """Gradient descent with a velocity that has the learning rate in it.

    ::

        v = momentum v - lr g
        w = w + v                        (momentum: Polyak 1964)
        w = w + momentum v - lr g        (nesterov: Nesterov 1983)

    `torch.optim.SGD` keeps the sum of the gradients and multiplies it by the rate of the day, so
    a new rate also rescales the steps of the past. Here, as in Keras, a new rate applies to the
    new gradients only and the velocity runs out by itself, through phases with ``lr = 0`` too. With
    a constant rate the two agree. A group that has a velocity keeps it while a scheduler holds
    its momentum at 0.

    Chapter 11, "Momentum Optimization" and "Nesterov Accelerated Gradient".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = KerasSGD([w], lr=0.5, momentum=0.9)
    >>> w.grad = torch.tensor([1.0])
    >>> optimizer.step()
    >>> optimizer.param_groups[0]["lr"] = 0.0
    >>> optimizer.step()  # 1 - 0.5 - 0.9 * 0.5
    >>> w.data
    tensor([0.0500])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, at least 0.
        momentum: Share of the velocity that a step keeps, in [0, 1).
        nesterov: Look ahead along the velocity; it needs a momentum to make a difference.

    Raises:
        ValueError: If a value of a group is outside its range.
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_not_negative(lr=group["lr"])
        check_fraction(momentum=group["momentum"])

    @property
    def plain(self) -> bool:
        """Whether a step is nothing but w - lr g, with one rate for all parameters.

        Then `update` takes gradients that are an `OuterProduct` too.
        """
        (group, *others) = self.param_groups
        return not others and group["momentum"] == 0 and not self.state

    def _moving(self, params: list[Tensor]) -> bool:
        """Whether a parameter has a velocity, from before its momentum became 0."""
        return any("velocity" in self.state.get(p, {}) for p in params)

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` along the velocity, or against the gradients where there is none."""
        lr, momentum = group["lr"], group["momentum"]
        if momentum == 0 and not (self.state and self._moving(params)):
            add_scaled(params, grads, -lr)
            return
        velocity = self.slots("velocity", params)
        torch._foreach_mul_(velocity, momentum)
        torch._foreach_add_(velocity, grads, alpha=-lr)
        if group["nesterov"]:
            torch._foreach_add_(params, velocity, alpha=momentum)
            torch._foreach_add_(params, grads, alpha=-lr)
        else:
            torch._foreach_add_(params, velocity)
