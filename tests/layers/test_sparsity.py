import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune

from dnn_techniques.layers.mlp import MLP
from dnn_techniques.layers.sparsity import (
    accuracy_against_sparsity,
    prune_below,
    prune_to_fraction,
    sparsity_report,
)
from dnn_techniques.optim import Ftrl, Penalty


def net(seed: int = 0) -> MLP:
    torch.manual_seed(seed)
    return MLP(10, [20, 15], 4, norm="after")


SIZE = 10 * 20 + 20 * 15 + 15 * 4


def kernels(model: nn.Sequential) -> torch.Tensor:
    return torch.cat([m.weight.detach().flatten() for m in model if isinstance(m, nn.Linear)])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), fraction=st.floats(0, 1))
def test_fractions_are_exact_and_take_the_smallest(seed: int, fraction: float) -> None:
    model = net(seed)
    before, state = kernels(model), copy.deepcopy(model.state_dict())
    prune_to_fraction(model, fraction)
    after = kernels(model)
    zeros = after == 0
    assert int(zeros.sum()) == round(fraction * SIZE)
    assert torch.equal(after[~zeros], before[~zeros])
    if 0 < zeros.sum() < SIZE:
        assert before[zeros].abs().max() <= before[~zeros].abs().min()
    # permanent: the same parameters, no masks, biases and batch normalization as they were
    assert set(model.state_dict()) == set(state)
    assert not prune.is_pruned(model)
    for name, value in model.state_dict().items():
        if value.ndim < 2:
            assert torch.equal(value, state[name])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    fractions=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_second_fraction_counts_the_zeros_of_the_first(
    seed: int, fractions: tuple[float, float]
) -> None:
    model = net(seed)
    for fraction in fractions:
        prune_to_fraction(model, fraction)
    assert int((kernels(model) == 0).sum()) == round(max(fractions) * SIZE)


def test_threshold_keeps_what_is_not_below_it() -> None:
    dense = nn.Linear(4, 1)
    with torch.no_grad():
        dense.weight.copy_(torch.tensor([[-0.5, 0.25, -0.125, 1.0]]))
        dense.bias.fill_(0.01)
    prune_below(nn.Sequential(dense), 0.25)
    assert dense.weight.tolist() == [[-0.5, 0.25, 0.0, 1.0]]
    assert dense.bias.item() == pytest.approx(0.01)
    assert isinstance(dense.weight, nn.Parameter)
    assert not prune.is_pruned(dense)


def test_report_counts_each_layer() -> None:
    model = net()
    with torch.no_grad():
        model.get_parameter("hidden1.weight")[:5] = 0  # 50 of 200
        model.get_parameter("hidden2.weight").zero_()  # all 300
    report = sparsity_report(model)
    assert report.layers == {"hidden1": 0.25, "hidden2": 1.0, "output": 0.0}
    assert report.total == 350 / SIZE


def test_report_sees_masks() -> None:
    model = net()
    prune.l1_unstructured(model[1], "weight", amount=0.5)
    assert sparsity_report(model).layers["hidden1"] == 0.5


def test_pruned_nets_can_be_trained_saved_and_loaded() -> None:
    model = net()
    prune_to_fraction(model, 0.5)
    other = net(1)
    other.load_state_dict(model.state_dict())
    assert sparsity_report(other) == sparsity_report(model)
    model(torch.randn(3, 10)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_accuracy_against_sparsity_evaluates_copies() -> None:
    model = net().eval()
    state = copy.deepcopy(model.state_dict())
    x = torch.randn(200, 10)
    labels = model(x).argmax(dim=1)

    def accuracy(candidate: nn.Module) -> float:
        return float((candidate(x).argmax(dim=1) == labels).double().mean())

    curve = accuracy_against_sparsity(model, accuracy, [0, 0.1, 0.9, 1])
    assert [share for share, _ in curve] == [0, 56 / SIZE, 504 / SIZE, 1]
    assert curve[0][1] == 1
    assert curve[1][1] > 0.9 > curve[2][1] > curve[3][1]
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())


def test_curve_shows_the_zeros_that_were_there_before() -> None:
    model = net()
    prune_to_fraction(model, 0.5)
    assert accuracy_against_sparsity(model, lambda _: 0.0, [0.25]) == [(0.5, 0.0)]


@pytest.mark.parametrize("fraction", [-0.1, 1.1, math.nan])
def test_fractions_are_checked_before_any_work(fraction: float) -> None:
    model, calls = net(), []
    with pytest.raises(ValueError, match=rf"fraction must be in \[0, 1\], got {fraction}"):
        prune_to_fraction(model, fraction)
    with pytest.raises(ValueError, match=rf"fraction must be in \[0, 1\], got {fraction}"):
        accuracy_against_sparsity(model, lambda m: calls.append(m) or 0.0, [0.5, fraction])  # type: ignore[func-returns-value]
    assert not calls
    assert sparsity_report(model).total == 0


@pytest.mark.parametrize("threshold", [0, -1, math.inf, math.nan])
def test_thresholds_are_checked(threshold: float) -> None:
    with pytest.raises(ValueError, match=rf"threshold must be in \(0, inf\), got {threshold}"):
        prune_below(net(), threshold)


def test_masks_are_refused() -> None:
    model = net()
    prune.l1_unstructured(model[1], "weight", amount=0.5)
    for work in (
        lambda: prune_to_fraction(model, 0.1),
        lambda: prune_below(model, 0.1),
        lambda: accuracy_against_sparsity(model, lambda _: 0.0, [0.1]),
    ):
        with pytest.raises(ValueError, match="must have no pruning masks"):
            work()


def test_a_model_without_kernels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one weight of two or more dimensions"):
        sparsity_report(nn.Sequential(nn.BatchNorm1d(3), nn.PReLU(3)))


def test_an_l1_penalty_makes_weights_that_can_go() -> None:
    def small_weights(l1: float) -> float:
        torch.manual_seed(0)
        x = torch.randn(256, 20)
        y = x[:, :1] + torch.randn(256, 1)  # one input matters, and the others seem to
        model = nn.Sequential(nn.Linear(20, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        penalty = Penalty(l1=l1)
        for _ in range(300):
            loss = (model(x) - y).square().mean() + penalty(model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        prune_below(model, 0.02)
        return sparsity_report(model).total

    assert small_weights(0.3) >= 0.9
    assert small_weights(0.0) <= 0.4


def test_ftrl_with_l1_makes_exact_zeros() -> None:
    torch.manual_seed(0)
    x = torch.randn(256, 20)
    model = nn.Sequential(nn.Linear(20, 1))
    optimizer = Ftrl(model.parameters(), lr=0.5, l1=2.0)
    for _ in range(200):
        loss = (model(x) - x[:, :1]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert sparsity_report(model).total >= 0.9
    assert loss < 0.1
