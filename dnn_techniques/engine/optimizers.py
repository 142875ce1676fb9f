"""What an optimizer's own code allows."""

import copy
import inspect
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

from dnn_techniques.optim import KerasSGD
from dnn_techniques.optim.keras_optimizer import KerasOptimizer
from dnn_techniques.optim.outer_product import OuterProduct

STEP = inspect.unwrap(KerasOptimizer.step)
STEP_WITHOUT_HOOKS = KerasOptimizer.step_without_hooks
TORCH = str(Path(torch.__file__).parent)


def has_keras_step(optimizer: Optimizer) -> bool:
    """Whether `step` is `KerasOptimizer.step` with no hook: nothing but `step_without_hooks`."""
    if not isinstance(optimizer, KerasOptimizer):
        return False
    if optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks:
        return False
    if _global_optimizer_pre_hooks or _global_optimizer_post_hooks:
        return False
    step: Any = getattr(optimizer.step, "__func__", optimizer.step)
    while step is not STEP:  # torch's schedules and profiler wrap it
        code = getattr(step, "__code__", None)
        if code is None or not code.co_filename.startswith(TORCH):
            return False
        step = getattr(step, "__wrapped__", None)
    return True


def takes_products(optimizer: Optimizer) -> bool:
    """Whether an optimizer moves weights one by one along an `OuterProduct` as `KerasSGD` does.

    Somebody may have changed its code: then it is asked what it does with all weights together and
    with multiplied gradients, and what one by one with products.
    """
    if not isinstance(optimizer, KerasSGD):
        return False
    if getattr(optimizer.step_without_hooks, "__func__", None) is not STEP_WITHOUT_HOOKS:
        return False
    probe = copy.copy(optimizer)
    probe.state = defaultdict(dict)
    outputs, inputs = torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0, 0.5], [-1.0, 2.0]])
    products = [OuterProduct(outputs, inputs), OuterProduct(outputs, torch.ones(2))]
    group = {**optimizer.param_groups[0], "lr": 0.5, "steps": 1}
    together, alone = ([torch.ones(1, 2), torch.ones(1)] for _ in range(2))
    after = dict(group)
    try:
        probe.update(together, [p.multiplied_out() for p in products], dict(group))
        for weight, product in zip(alone, products, strict=True):
            probe.update([weight], [product], after)  # type: ignore[list-item]
    except Exception:  # the optimizer's own step will tell what is wrong
        return False
    same = all(a.allclose(b) for a, b in zip(together, alone, strict=True))
    return same and after == group
