from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dnn_techniques.optim.constraints import MaxNorm

TOLERANCE = 1e-7  # the table's difference for torch.renorm is 7e-8

weights = st.lists(
    st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3), min_size=1, max_size=4
)
radius = st.floats(1e-2, 50)
axes = st.sampled_from([0, 1, (0, 1)])
few = settings(max_examples=50, deadline=None)


def dense(kernel_out_by_in: Tensor) -> nn.Linear:
    layer = nn.Linear(kernel_out_by_in.shape[1], kernel_out_by_in.shape[0])
    layer.weight.data.copy_(kernel_out_by_in)
    return layer


@pytest.fixture
def kernel(goldens: dict[str, Any]) -> Tensor:
    """The golden kernel as torch has it, (out, in)."""
    return torch.tensor(goldens["kernels"]["kernel_in_by_out"]).T


@pytest.mark.parametrize(
    ("name", "constraint"),
    [("max_norm_1", MaxNorm(1.0)), ("max_norm_2_axis_1", MaxNorm(2.0, axis=1))],
)
def test_matches_keras(
    goldens: dict[str, Any], kernel: Tensor, name: str, constraint: MaxNorm
) -> None:
    layer = dense(kernel)
    bias = layer.bias.detach().clone()
    constraint(layer)
    expected = torch.tensor(goldens["kernels"][name]).T
    torch.testing.assert_close(layer.weight.data, expected, rtol=0, atol=TOLERANCE)
    assert torch.equal(layer.bias, bias)


def test_the_other_axis_misses_keras(goldens: dict[str, Any], kernel: Tensor) -> None:
    for name, wrong in (
        ("max_norm_1", MaxNorm(1.0, axis=1)),
        ("max_norm_2_axis_1", MaxNorm(2.0, axis=0)),
    ):
        layer = dense(kernel)
        wrong(layer)
        expected = torch.tensor(goldens["kernels"][name]).T
        assert (layer.weight.data - expected).abs().max() > 0.01


def test_is_torch_renorm_over_units(kernel: Tensor) -> None:
    layer = dense(kernel)
    MaxNorm(1.0)(layer)
    renormed = torch.renorm(kernel, 2, 0, 1.0)
    torch.testing.assert_close(layer.weight.data, renormed, rtol=0, atol=2e-7)


def test_filters_of_a_convolution() -> None:
    torch.manual_seed(1)
    conv = nn.Conv2d(3, 5, 2)
    conv.weight.data.mul_(10)
    expected = torch.renorm(conv.weight.data, 2, 0, 1.0)
    MaxNorm(1.0, axis=(0, 1, 2))(conv)
    torch.testing.assert_close(conv.weight.data, expected, rtol=0, atol=2e-7)


def test_default_axis_on_a_convolution_is_the_height() -> None:
    torch.manual_seed(1)
    conv = nn.Conv2d(3, 5, 4)
    conv.weight.data.mul_(100)
    MaxNorm(1.0)(conv)
    heights = conv.weight.data.norm(dim=2)
    torch.testing.assert_close(heights, torch.ones_like(heights), rtol=0, atol=1e-6)


def test_acts_where_the_pattern_says() -> None:
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    for layer in (first, second):
        layer.weight.data.fill_(5.0)
    MaxNorm(1.0, pattern="0")(nn.Sequential(first, second))
    assert first.weight.norm(dim=1).max() <= 1
    assert torch.equal(second.weight, torch.full((2, 2), 5.0))


def test_leaves_gradients_and_autograd_alone() -> None:
    layer = nn.Linear(2, 2)
    layer.weight.data.fill_(5.0)
    layer(torch.ones(1, 2)).sum().backward()
    MaxNorm(1.0)(layer)
    assert layer.weight.requires_grad
    assert layer.weight.is_leaf
    assert torch.equal(layer.weight.grad, torch.ones(2, 2))  # type: ignore[arg-type]


def test_zero_weights_stay_zero() -> None:
    layer = dense(torch.zeros(2, 3))
    MaxNorm(1.0)(layer)
    assert torch.equal(layer.weight, torch.zeros(2, 3))


@few
@given(weights, radius, axes)
def test_norms_are_bounded(
    values: list[list[float]], r: float, axis: int | tuple[int, ...]
) -> None:
    layer = dense(torch.tensor(values))
    MaxNorm(r, axis)(layer)
    norms = torch.linalg.vector_norm(layer.weight.detach().double().T, dim=axis)
    assert (norms <= r * (1 + 1e-6)).all()


@few
@given(weights, radius, axes)
def test_is_idempotent(values: list[list[float]], r: float, axis: int | tuple[int, ...]) -> None:
    layer = dense(torch.tensor(values))
    constraint = MaxNorm(r, axis)
    constraint(layer)
    once = layer.weight.detach().clone()
    constraint(layer)
    # Each call takes up to 1e-7 off a weight, the constant in Keras's divisor.
    torch.testing.assert_close(layer.weight.detach(), once, rtol=1e-6, atol=1.1e-7)


def test_refuses_bad_values() -> None:
    for value in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"max_value must be above 0, got {value}"):
            MaxNorm(value)
    with pytest.raises(ValueError, match="pattern must match"):
        MaxNorm(1.0, pattern="head")(nn.Linear(2, 2))
    with pytest.raises(IndexError):
        MaxNorm(1.0, axis=(0, 1, 2))(nn.Linear(2, 2))
