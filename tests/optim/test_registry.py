import pytest
import torch
from torch import nn

from dnn_techniques.optim import OPTIMIZERS, KerasSGD, make_optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_makes_steps_at_its_rate(name: str) -> None:
    weight = nn.Parameter(torch.ones(3))
    optimizer = make_optimizer(name, [weight], lr=0.5)
    assert optimizer.param_groups[0]["lr"] == 0.5
    weight.grad = torch.ones(3)
    optimizer.step()
    assert (weight < 1).all()


def test_momentum_and_nesterov_are_sgd_with_them() -> None:
    expected = {"sgd": (0, False), "momentum": (0.9, False), "nesterov": (0.9, True)}
    for name, options in expected.items():
        optimizer = make_optimizer(name, [nn.Parameter(torch.ones(1))], 0.1)
        assert isinstance(optimizer, KerasSGD)
        group = optimizer.param_groups[0]
        assert (group["momentum"], group["nesterov"]) == options


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'adma': did you mean adam"):
        make_optimizer("adma", [nn.Parameter(torch.ones(1))], 0.1)
