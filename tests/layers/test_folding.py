import copy
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import fuse_linear_bn_eval, prune

from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.folding import fold_batch_norm
from dnn_techniques.layers.mlp import MLP


def trained(model: nn.Sequential, seed: int = 0) -> nn.Sequential:
    """Give biases and batch normalization the values that training could have given them."""
    g = torch.Generator().manual_seed(seed)
    for m in model.modules():
        if isinstance(m, nn.Linear) and m.bias is not None:
            nn.init.normal_(m.bias, generator=g)
        if isinstance(m, nn.BatchNorm1d) and m.running_mean is not None:
            assert m.running_var is not None
            nn.init.normal_(m.running_mean, generator=g)
            nn.init.uniform_(m.running_var, 0.3, 3, generator=g)
            if m.affine:
                nn.init.uniform_(m.weight, -2, 2, generator=g)
                nn.init.normal_(m.bias, generator=g)
    return model.eval()


def gap(model: nn.Module, folded: nn.Module, x: Tensor) -> float:
    with torch.no_grad():
        return float((model(x) - folded(x)).abs().max())


def norms(model: nn.Module) -> int:
    return sum(isinstance(m, nn.BatchNorm1d) for m in model.modules())


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    inputs=st.integers(1, 12),
    hidden=st.lists(st.integers(1, 12), max_size=3),
    norm=st.sampled_from(["none", "before", "after"]),
    norm_first=st.booleans(),
    activation=st.sampled_from(["relu", "elu", "selu", "tanh"]),
)
def test_outputs_are_equal_wherever_the_norms_are(
    seed: int,
    inputs: int,
    hidden: list[int],
    norm: Literal["none", "before", "after"],
    norm_first: bool,
    activation: str,
) -> None:
    torch.manual_seed(seed)
    model = MLP(inputs, hidden, 4, activation=activation, norm=norm, norm_first=norm_first)
    trained(model, seed)
    state, stream = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    model.train()
    folded = fold_batch_norm(model)
    assert model.training
    model.eval()
    assert not any(m.training for m in folded.modules())
    assert norms(folded) == 0
    assert len(folded) == 2 + 2 * len(hidden)
    assert gap(model, folded, torch.randn(16, inputs)) < 1e-5
    # the original and the random numbers are as they were, and nothing is shared
    assert list(model.state_dict()) == list(state)
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())
    torch.set_rng_state(stream)
    fold_batch_norm(model)
    assert torch.equal(stream, torch.get_rng_state())
    assert not {id(p) for p in model.parameters()} & {id(p) for p in folded.parameters()}


def test_the_norms_did_something() -> None:
    model = trained(MLP(6, [8, 8], 4, norm="before", norm_first=True))
    without = nn.Sequential(*(m for m in model if not isinstance(m, nn.BatchNorm1d)))
    assert gap(model, without, torch.randn(16, 6)) > 0.1


def test_is_torchs_own_fusion_where_that_exists() -> None:
    dense, norm = nn.Linear(5, 7), KerasBatchNorm1d(7)
    folded = fold_batch_norm(trained(nn.Sequential(dense, norm)))
    fused = fuse_linear_bn_eval(dense, norm)
    assert torch.allclose(folded.get_parameter("0.weight"), fused.weight, rtol=0, atol=1e-6)
    assert torch.allclose(folded.get_parameter("0.bias"), fused.bias, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "left"),
    [
        ((nn.Linear(5, 6), nn.BatchNorm1d(6, affine=False), nn.ReLU(), nn.Linear(6, 2)), 0),
        ((nn.BatchNorm1d(5, affine=False), nn.Linear(5, 2, bias=False)), 0),
        ((nn.Linear(5, 6), nn.BatchNorm1d(6), nn.BatchNorm1d(6), nn.Linear(6, 2)), 0),
        ((nn.BatchNorm1d(5), nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU()), 0),
        ((nn.Linear(5, 6), nn.ReLU(), nn.BatchNorm1d(6)), 1),
        ((nn.Linear(5, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.Dropout(), nn.Linear(6, 2)), 1),
        ((nn.Linear(5, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.Flatten(), nn.Linear(6, 2)), 1),
        ((nn.Linear(5, 6), nn.BatchNorm1d(6, track_running_stats=False), nn.ReLU()), 1),
        ((nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6)), nn.ReLU()), 1),
    ],
)
def test_folds_only_where_it_is_exact(layers: tuple[nn.Module, ...], left: int) -> None:
    model = trained(nn.Sequential(*layers))
    folded = fold_batch_norm(model)
    assert norms(folded) == left
    assert gap(model, folded, torch.randn(16, 5)) < 1e-5


def test_channels_that_are_not_the_features_are_left() -> None:
    model = trained(nn.Sequential(nn.BatchNorm1d(3), nn.Linear(5, 6), nn.BatchNorm1d(3)))
    folded = fold_batch_norm(model)
    assert norms(folded) == 2
    assert gap(model, folded, torch.randn(4, 3, 5)) < 1e-5


def test_masked_weights_are_left() -> None:
    model = trained(nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 6)))
    with torch.no_grad():
        prune.l1_unstructured(model[1], "weight", amount=0.5)
    folded = fold_batch_norm(model)
    assert norms(folded) == 1
    assert gap(model, folded, torch.randn(16, 5)) < 1e-5


def test_a_layer_that_is_used_twice_is_folded_once_for_each_use() -> None:
    dense = nn.Linear(5, 5)
    model = trained(nn.Sequential(nn.BatchNorm1d(5), dense, nn.ReLU(), dense))
    folded = fold_batch_norm(model)
    assert norms(folded) == 0
    assert gap(model, folded, torch.randn(16, 5)) < 1e-5


def test_keeps_the_dtype() -> None:
    model = trained(MLP(5, [6], 2, norm="after", norm_first=True).double())
    folded = fold_batch_norm(model)
    assert {p.dtype for p in folded.parameters()} == {torch.float64}
    assert gap(model, folded, torch.randn(16, 5, dtype=torch.float64)) < 1e-13
