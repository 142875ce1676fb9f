from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.optim.penalties import Penalty
from dnn_techniques.optim.sgd import KerasSGD


@pytest.fixture
def dense(goldens: dict[str, Any]) -> nn.Linear:
    """A dense layer with the golden kernel, and a bias that must not count."""
    kernel = torch.tensor(goldens["kernels"]["kernel_in_by_out"])
    layer = nn.Linear(*kernel.shape)
    layer.weight.data.copy_(kernel.T)
    layer.bias.data.fill_(10.0)
    return layer


@pytest.mark.parametrize(
    ("name", "penalty"),
    [
        ("l1_0.01", Penalty(l1=0.01)),
        ("l2_0.01", Penalty(l2=0.01)),
        ("l1_l2_0.1_0.01", Penalty(l1=0.1, l2=0.01)),
    ],
)
def test_matches_keras(
    goldens: dict[str, Any], dense: nn.Linear, name: str, penalty: Penalty
) -> None:
    golden = goldens["kernels"][name]
    assert penalty(dense).item() == pytest.approx(golden, rel=3e-7)
    assert penalty(dense).shape == ()


def test_half_the_square_and_counting_biases_miss_keras(
    goldens: dict[str, Any], dense: nn.Linear
) -> None:
    golden = goldens["kernels"]["l2_0.01"]
    assert 0.01 / 2 * dense.weight.square().sum().item() != pytest.approx(golden, rel=0.1)
    everything = sum(p.square().sum().item() for p in dense.parameters())
    assert 0.01 * everything != pytest.approx(golden, rel=0.1)


def test_sums_over_kernels_but_not_batch_normalization() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Conv1d(1, 1, 2))
    for p in net.parameters():
        p.data.fill_(2.0)
    assert Penalty(l1=1.0)(net).item() == 2 * (4 + 2)
    assert Penalty(l2=1.0)(net).item() == 4 * (4 + 2)
    assert Penalty(l2=1.0, pattern="2")(net).item() == 4 * 2
    assert Penalty()(net).item() == 0


def test_gradients_are_those_of_keras(dense: nn.Linear) -> None:
    Penalty(l1=0.1, l2=0.01)(dense).backward()
    w = dense.weight.detach()
    torch.testing.assert_close(dense.weight.grad, 0.1 * w.sign() + 0.02 * w)
    assert dense.bias.grad is None


def test_l2_is_twice_the_weight_decay_on_kernels_only() -> None:
    torch.manual_seed(1)
    ours, decayed = nn.Linear(3, 2), nn.Linear(3, 2)
    decayed.load_state_dict(ours.state_dict())
    x = torch.randn(8, 3)
    for layer, penalty, optimizer in (
        (ours, Penalty(l2=0.05), KerasSGD(ours.parameters(), 0.1)),
        (decayed, Penalty(), torch.optim.SGD(decayed.parameters(), 0.1, weight_decay=0.1)),
    ):
        loss = layer(x).square().mean() + penalty(layer)
        loss.backward()
        optimizer.step()
    torch.testing.assert_close(ours.weight, decayed.weight, rtol=0, atol=1e-7)
    assert (ours.bias - decayed.bias).abs().max() > 1e-4


def test_refuses_bad_values() -> None:
    with pytest.raises(ValueError, match=r"l1 must be at least 0, got -0\.1"):
        Penalty(l1=-0.1)
    with pytest.raises(ValueError, match="l2 must be finite and at least 0, got inf"):
        Penalty(l2=float("inf"))
    with pytest.raises(ValueError, match="pattern must match"):
        Penalty(l2=0.1, pattern="head")(nn.Linear(2, 2))
