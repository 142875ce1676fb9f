"""Follow the regularized leader (FTRL-Proximal) as Keras takes the steps."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from dnn_techniques.checks import check_not_negative, check_positive
from dnn_techniques.optim.keras_optimizer import KerasOptimizer


class Ftrl(KerasOptimizer):
    """FTRL-Proximal (McMahan et al. 2013), which makes weights exactly zero where l1 asks for it.

    With p = -lr_power, n starting at `initial_accumulator_value` and z at 0::

        n' = n + g^2
        z = z + g - (n'^p - n^p) / lr * w
        w = (clip(z, -l1, l1) - z) / (n'^p / lr + 2 l2)

    The first step keeps the share 1 - (n / n')^p of the initial weights, next to nothing where the
    gradients are small. The penalties belong to the update, not to the reported loss. torch has no
    such optimizer.

    Chapter 11, box "Training Sparse Models".

    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> Ftrl([w], lr=0.1).step()
    >>> w.data
    tensor([0.6031])

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate, above 0.
        lr_power: How the rate falls with the accumulator, at most 0; 0 keeps it fixed.
        initial_accumulator_value: First n, above 0 so that no weight is divided by 0.
        l1: Strength of the l1 penalty, at least 0.
        l2: Strength of the l2 penalty, at least 0.

    Raises:
        ValueError: If a value of a group is outside its range; in a step, if a scheduler has
            brought the rate to 0, where the update has no meaning.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        lr_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_power": lr_power,
            "initial_accumulator_value": initial_accumulator_value,
            "l1": l1,
            "l2": l2,
        }
        super().__init__(params, defaults)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""
        check_positive(lr=group["lr"], initial_accumulator_value=group["initial_accumulator_value"])
        check_not_negative(l1=group["l1"], l2=group["l2"])
        if not group["lr_power"] <= 0:
            raise ValueError(f"lr_power must be at most 0, got {group['lr_power']}")

    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Set `params` to the minimum of the regularized sum of the past losses."""
        lr, power, l1 = group["lr"], -group["lr_power"], group["l1"]
        check_positive(lr=lr)
        n = self.slots("n", params, group["initial_accumulator_value"])
        z = self.slots("z", params)
        old = torch._foreach_pow(n, power)
        torch._foreach_addcmul_(n, grads, grads)
        new = torch._foreach_pow(n, power)
        torch._foreach_add_(z, grads)
        torch._foreach_addcmul_(z, torch._foreach_sub(new, old), params, -1 / lr)
        # Where |z| <= l1 the difference is exactly 0, and so is the weight.
        leader = torch._foreach_clamp_max(z, l1)
        torch._foreach_clamp_min_(leader, -l1)
        torch._foreach_sub_(leader, z)
        torch._foreach_div_(new, lr)
        torch._foreach_add_(new, 2 * group["l2"])
        torch._foreach_div_(leader, new)
        torch._foreach_copy_(params, leader)
