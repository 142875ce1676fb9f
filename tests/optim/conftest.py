from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

Params = list[nn.Parameter]


@pytest.fixture
def golden_distance(goldens: dict[str, Any]) -> Callable[..., float]:
    """Replay the golden gradients and return the largest distance from the golden weights.

    `before_step` is called with the parameters, the optimizer and the step, counted from 0.
    """

    def distance(
        name: str,
        make: Callable[[Params], Optimizer],
        before_step: Callable[[Params, Optimizer, int], object] = lambda params, optimizer, t: None,
    ) -> float:
        values = goldens["optimizers"]
        params = [nn.Parameter(torch.tensor(w)) for w in values["initial"]]
        optimizer = make(params)
        wanted = {entry["step"]: entry["params"] for entry in values["after_step"][name]}
        worst = 0.0
        for t, gradients in enumerate(values["gradients"]):
            for p, g in zip(params, gradients, strict=True):
                p.grad = torch.tensor(g)
            before_step(params, optimizer, t)
            optimizer.step()
            for p, w in zip(params, wanted.pop(t + 1, ()), strict=False):
                worst = max(worst, (p - torch.tensor(w)).abs().max().item())
        assert not wanted
        return worst

    return distance
