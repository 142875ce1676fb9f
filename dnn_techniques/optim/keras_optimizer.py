"""What the optimizers share that torch has no exact class for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT


class CheckedGroups(Optimizer, ABC):
    """An optimizer that checks the hyperparameters of each group that it is given."""

    @abstractmethod
    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError if a hyperparameter of `group` is outside its range."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Check the group's hyperparameters and add it."""
        self.check({**self.defaults, **param_group})
        super().add_param_group(param_group)


class KerasOptimizer(CheckedGroups):
    """An update rule over lists of tensors, and the check of its hyperparameters.

    A subclass gives `check` and `update`. Steps are counted per parameter group, as a Python
    number, so that no step waits for the device; the count is part of the `state_dict`.

    Args:
        params: Parameters or parameter groups, as for every `torch.optim.Optimizer`.
        defaults: Hyperparameters of the groups that do not set their own.

    Raises:
        ValueError: If a hyperparameter of a group is outside its range.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        super().__init__(params, defaults)

    @abstractmethod
    def update(self, params: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        """Move `params` in place; ``group["steps"]`` is 1 in the first step."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Check the group's hyperparameters and add it, with no steps taken."""
        super().add_param_group({**param_group, "steps": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Make one step with the gradients that are there.

        Args:
            closure: Computes the loss and its gradients anew before the step.

        Returns:
            What `closure` returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.step_without_hooks()
        return loss

    @torch.no_grad()
    def step_without_hooks(self) -> None:
        """Make one step with the gradients that are there, past torch's profiler and step hooks."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if params:
                group["steps"] += 1
                self.update(params, [p.grad for p in params], group)

    def slots(self, name: str, params: list[Tensor], initial: float = 0.0) -> list[Tensor]:
        """The state `name` of each parameter, of the parameter's shape, made when first used."""
        for p in params:
            if name not in self.state[p]:
                self.state[p][name] = torch.full_like(p, initial)
        return [self.state[p][name] for p in params]
