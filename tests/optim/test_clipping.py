from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dnn_techniques.optim.clipping import (
    Clipping,
    clip_by_global_norm,
    clip_by_norm_per_variable,
    clip_by_value,
)
from dnn_techniques.optim.sgd import KerasSGD

TOLERANCE = 3e-6  # the goldens are float32
Distance = Callable[..., float]

gradient = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=5)
gradients = st.lists(gradient, min_size=1, max_size=4)
bound = st.floats(1e-3, 1e3)
few = settings(max_examples=50, deadline=None)


def with_gradients(*values: list[float]) -> list[nn.Parameter]:
    params = []
    for value in values:
        p = nn.Parameter(torch.zeros(len(value)))
        p.grad = torch.tensor(value)
        params.append(p)
    return params


def grads(params: list[nn.Parameter]) -> list[Tensor]:
    return [p.grad for p in params if p.grad is not None]


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("sgd_clipvalue", Clipping(value=0.1)),
        ("sgd_clipnorm", Clipping(norm=0.5)),
        ("sgd_global_clipnorm", Clipping(global_norm=0.5)),
    ],
)
def test_matches_keras(golden_distance: Distance, name: str, clip: Clipping) -> None:
    make = lambda ps: KerasSGD(ps, 0.05)  # noqa: E731
    assert golden_distance(name, make, lambda params, *_: clip(params)) < TOLERANCE
    assert golden_distance(name, make) > 0.01


def test_torch_clip_grad_norm_misses_clipnorm(golden_distance: Distance) -> None:
    def clip(params: list[nn.Parameter], *_: object) -> None:
        torch.nn.utils.clip_grad_norm_(params, 0.5)

    assert golden_distance("sgd_clipnorm", lambda ps: KerasSGD(ps, 0.05), clip) > 0.01


def test_book_vector() -> None:
    (p,) = with_gradients([0.9, 100.0])
    clip_by_value([p], 1.0)
    torch.testing.assert_close(p.grad, torch.tensor([0.9, 1.0]), rtol=0, atol=0)
    for clip in (clip_by_norm_per_variable, clip_by_global_norm):
        (p,) = with_gradients([0.9, 100.0])
        clip([p], 1.0)
        expected = torch.tensor([0.00899964, 0.9999595])
        torch.testing.assert_close(p.grad, expected, rtol=0, atol=1e-7)


def test_norms_per_variable_and_global() -> None:
    params = with_gradients([3.0, 4.0], [0.6, 0.8])
    clip_by_norm_per_variable(params, 2.0)
    torch.testing.assert_close(grads(params)[0], torch.tensor([1.2, 1.6]))
    torch.testing.assert_close(grads(params)[1], torch.tensor([0.6, 0.8]))

    params = with_gradients([3.0, 4.0], [0.0, 12.0])
    assert clip_by_global_norm(params, 1.3).item() == pytest.approx(13.0)
    torch.testing.assert_close(grads(params)[0], torch.tensor([0.3, 0.4]))
    torch.testing.assert_close(grads(params)[1], torch.tensor([0.0, 1.2]))


def test_small_global_norm_is_exact_where_torch_is_not() -> None:
    ours, torchs = with_gradients([3e-5, 4e-5]), with_gradients([3e-5, 4e-5])
    clip_by_global_norm(ours, 1e-5)
    torch.nn.utils.clip_grad_norm_(torchs, 1e-5)
    assert grads(ours)[0].norm().item() == pytest.approx(1e-5, rel=1e-6)
    assert grads(torchs)[0].norm().item() != pytest.approx(1e-5, rel=1e-2)


@few
@given(gradients, bound)
def test_value_bounds_every_component(values: list[list[float]], limit: float) -> None:
    params = with_gradients(*values)
    clip_by_value(params, limit)
    for grad, value in zip(grads(params), values, strict=True):
        before = torch.tensor(value)
        assert torch.equal(grad, before.clamp(-limit, limit))


@few
@given(gradients, bound)
def test_norm_bounds_every_gradient_and_keeps_directions(
    values: list[list[float]], limit: float
) -> None:
    params = with_gradients(*values)
    clip_by_norm_per_variable(params, limit)
    for grad, value in zip(grads(params), values, strict=True):
        before = torch.tensor(value)
        assert grad.norm() <= limit * (1 + 1e-6)
        if before.norm() <= limit:
            assert torch.equal(grad, before)
        torch.testing.assert_close(grad * before.norm(), before * grad.norm(), rtol=1e-5, atol=1e-5)


@few
@given(gradients, bound)
def test_global_norm_bounds_all_and_scales_by_one_factor(
    values: list[list[float]], limit: float
) -> None:
    params = with_gradients(*values)
    before = torch.cat([torch.tensor(value) for value in values])
    norm = clip_by_global_norm(params, limit)
    after = torch.cat(grads(params))
    torch.testing.assert_close(norm, before.norm())
    assert after.norm() <= limit * (1 + 1e-6)
    factor = min(1.0, limit / max(before.norm().item(), 1e-30))
    torch.testing.assert_close(after, before * factor, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "clip", [Clipping(value=1.0), Clipping(norm=1.0), Clipping(global_norm=1.0), Clipping()]
)
def test_takes_generators_and_parameters_without_gradient(clip: Clipping) -> None:
    params = [*with_gradients([0.9, 100.0]), nn.Parameter(torch.ones(2))]
    clip(p for p in params)
    assert params[1].grad is None
    assert (grads(params)[0].max() <= 1) == (clip != Clipping())
    clip([])


def test_zero_gradient_stays_zero() -> None:
    for clip in (Clipping(norm=1.0), Clipping(global_norm=1.0)):
        params = with_gradients([0.0, 0.0])
        clip(params)
        assert torch.equal(grads(params)[0], torch.zeros(2))


def test_refuses_bad_values() -> None:
    params = with_gradients([1.0])
    with pytest.raises(ValueError, match="clip_value must be above 0, got 0"):
        clip_by_value(params, 0)
    with pytest.raises(ValueError, match="max_norm must be above 0, got -1"):
        clip_by_norm_per_variable(params, -1)
    with pytest.raises(ValueError, match="max_norm must be above 0, got nan"):
        clip_by_global_norm(params, float("nan"))
    for name in ("value", "norm", "global_norm"):
        with pytest.raises(ValueError, match=f"^{name} must be above 0, got 0"):
            Clipping(**{name: 0.0})
    with pytest.raises(ValueError, match="at most one of value, norm and global_norm"):
        Clipping(value=1.0, norm=1.0)


def test_one_parameter_may_come_alone() -> None:
    (w,) = with_gradients([0.9, 100.0])
    clip_by_value(w, 1.0)
    assert w.grad is not None
    assert w.grad.tolist() == pytest.approx([0.9, 1.0])
    assert clip_by_global_norm(w, 1.0).item() == pytest.approx((0.81 + 1) ** 0.5)
