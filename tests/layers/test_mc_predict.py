import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.dropout import MCAlphaDropout, mc_dropout
from dnn_techniques.layers.mc_predict import MCPrediction, mc_predict


def net(dropout: nn.Module, classes: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(5, 16), KerasBatchNorm1d(16), nn.SELU(), dropout, nn.Linear(16, classes)
    )


def tensors(prediction: MCPrediction) -> list[Tensor]:
    return [t for t in vars(prediction).values() if t is not None]


def test_figures_are_those_of_the_samples() -> None:
    torch.manual_seed(0)
    model, x = net(nn.AlphaDropout(0.3)), torch.randn(11, 5)
    got = mc_predict(model, x, samples=25, chunk=4, keep_samples=True, seed=3)
    assert got.samples is not None
    p = got.samples.numpy()
    assert p.shape == (25, 11, 3)
    entropies = -(p * np.log(p)).sum(axis=2)
    mean = p.mean(axis=0)
    total = -(mean * np.log(mean)).sum(axis=1)
    for figure, expected in [
        (got.mean, mean),
        (got.std, p.std(axis=0)),
        (got.entropy, total),
        (got.mutual_information, total - entropies.mean(axis=0)),
    ]:
        assert figure.dtype == torch.float64
        np.testing.assert_allclose(figure.numpy(), expected, rtol=0, atol=1e-14)


def test_samples_are_those_of_the_book_in_one_chunk() -> None:
    torch.manual_seed(0)
    model, x = net(nn.Dropout(0.5)), torch.randn(6, 5)
    got = mc_predict(model, x, samples=4, keep_samples=True, seed=5)
    torch.manual_seed(5)
    with mc_dropout(model), torch.no_grad():
        expected = torch.stack([model(x).double().softmax(dim=1) for _ in range(4)])
    assert got.samples is not None
    assert torch.equal(got.samples, expected)
    assert mc_predict(model, x, samples=4, seed=5).samples is None


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 9),
    chunk=st.integers(1, 10),
    kind=st.sampled_from([nn.Dropout, nn.AlphaDropout, MCAlphaDropout]),
)
def test_seeded_runs_repeat_and_move_nothing(
    seed: int, n: int, chunk: int, kind: type[nn.Module]
) -> None:
    torch.manual_seed(seed)
    model, x = net(kind(0.5)), torch.randn(n, 5)
    model[1].eval()
    before = copy.deepcopy(model.state_dict())
    modes = [m.training for m in model.modules()]
    stream = torch.get_rng_state()
    first = mc_predict(model, x, 5, chunk, keep_samples=True, seed=seed)
    assert torch.equal(stream, torch.get_rng_state())
    torch.rand(3)
    again = mc_predict(model, x, 5, chunk, keep_samples=True, seed=seed)
    other = mc_predict(model, x, 5, chunk, keep_samples=True, seed=seed + 1)
    assert all(torch.equal(*pair) for pair in zip(tensors(first), tensors(again), strict=True))
    assert not torch.equal(first.mean, other.mean)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert [m.training for m in model.modules()] == modes
    # what the figures mean, for any net
    assert torch.allclose(first.mean.sum(dim=1), torch.ones(n, dtype=torch.float64))
    assert first.std.min() >= 0
    assert first.std.max() <= 0.5
    assert (first.mutual_information >= 0).all()
    assert (first.mutual_information <= first.entropy).all()
    assert (first.entropy <= math.log(3) + 1e-12).all()


def test_without_a_seed_the_global_generator_is_used() -> None:
    model, x = net(nn.Dropout(0.5)), torch.randn(6, 5)
    torch.manual_seed(1)
    first, second = mc_predict(model, x, 3), mc_predict(model, x, 3)
    torch.manual_seed(1)
    assert torch.equal(first.mean, mc_predict(model, x, 3).mean)
    assert not torch.equal(first.mean, second.mean)


def test_one_pass_never_sees_more_rows_than_a_chunk() -> None:
    model, rows = net(nn.Dropout(0.5)), []
    model.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    assert mc_predict(model, torch.randn(10, 5), samples=3, chunk=4).mean.shape == (10, 3)
    assert rows == [4, 4, 4, 4, 4, 4, 2, 2, 2]


def test_a_net_that_is_certain_of_its_uncertainty() -> None:
    dense = nn.Linear(2, 4)
    nn.init.zeros_(dense.weight)
    nn.init.zeros_(dense.bias)
    got = mc_predict(nn.Sequential(dense, nn.Dropout(0.0)), torch.randn(5, 2), samples=7)
    assert torch.equal(got.mean, torch.full((5, 4), 0.25, dtype=torch.float64))
    assert torch.equal(got.std, torch.zeros(5, 4, dtype=torch.float64))
    assert torch.equal(got.mutual_information, torch.zeros(5, dtype=torch.float64))
    assert torch.allclose(got.entropy, torch.tensor(math.log(4), dtype=torch.float64))


def test_passes_that_contradict_each_other_are_all_mutual_information() -> None:
    # The input 1 becomes 2 or, half of the time, 0: the logits are (100, 0) or (-100, 0).
    dense = nn.Linear(1, 2)
    with torch.no_grad():
        dense.weight.copy_(torch.tensor([[100.0], [0.0]]))
        dense.bias.copy_(torch.tensor([-100.0, 0.0]))
    model = nn.Sequential(nn.Dropout(0.5), dense)
    got = mc_predict(model, torch.ones(1, 1), samples=2000, seed=0)
    assert got.mean[0, 0].item() == pytest.approx(0.5, abs=0.05)
    assert got.std[0, 0].item() == pytest.approx(0.5, abs=0.01)
    assert got.mutual_information.item() == pytest.approx(math.log(2), abs=0.01)
    assert torch.allclose(got.mutual_information, got.entropy, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["samples", "chunk"])
def test_sizes_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        mc_predict(net(nn.Dropout(0.5)), torch.randn(2, 5), **{name: 0})  # type: ignore[arg-type]


def test_refusals_leave_the_modes() -> None:
    x = torch.randn(2, 5)
    with pytest.raises(ValueError, match="at least one dropout layer"):
        mc_predict(net(nn.Identity()), x)
    model = nn.Sequential(nn.Dropout(0.5), nn.Unflatten(1, (1, 5)))
    with pytest.raises(ValueError, match=r"logits of shape \(n, classes\), got \(2, 1, 5\)"):
        mc_predict(model, x)
    assert all(m.training for m in model.modules())


def test_one_logit_is_that_of_the_second_of_two_classes() -> None:
    model = net(nn.Dropout(0.5), classes=1)
    x = torch.randn(4, 5)
    got = mc_predict(model, x, samples=30, seed=3, keep_samples=True)
    assert got.mean.shape == (4, 2)
    assert torch.allclose(got.mean.sum(dim=1), torch.ones(4, dtype=torch.float64))
    torch.manual_seed(3)
    with mc_dropout(model), torch.no_grad():
        first = model(x).double().sigmoid()
    assert got.samples is not None
    assert torch.allclose(got.samples[0, :, 1:], first)
