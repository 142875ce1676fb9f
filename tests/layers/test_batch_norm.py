from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.layers import KerasBatchNorm1d


def distance(a: Tensor, b: Any) -> float:
    return float((a.detach() - torch.tensor(b)).abs().max())


def golden_distances(norm: nn.BatchNorm1d, goldens: dict[str, Any]) -> dict[str, float]:
    """Feed the golden batches and return the largest distance of each kind of value."""
    worst = dict.fromkeys(("train_output", "moving_mean", "moving_variance", "inference"), 0.0)
    norm.train()
    for step in goldens["batch_norm"]["sequence"]:
        output = norm(torch.tensor(step["input"]))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        for name, value in (
            ("train_output", output),
            ("moving_mean", norm.running_mean),
            ("moving_variance", norm.running_var),
        ):
            worst[name] = max(worst[name], distance(value, step[name]))
    norm.eval()
    inference = goldens["batch_norm"]["inference"]
    worst["inference"] = distance(norm(torch.tensor(inference["input"])), inference["output"])
    return worst


def test_matches_keras(goldens: dict[str, Any]) -> None:
    features = len(goldens["batch_norm"]["sequence"][0]["moving_mean"])
    worst = golden_distances(KerasBatchNorm1d(features), goldens)
    assert max(worst.values()) < 1e-6, worst


@pytest.mark.parametrize(
    ("eps", "momentum", "missed"),
    [
        (1e-5, 0.1, {"train_output", "moving_mean", "moving_variance", "inference"}),
        (1e-3, 0.01, {"moving_variance", "inference"}),
    ],
    ids=["with its defaults", "with Keras's constants"],
)
def test_torchs_batch_norm_misses_keras(
    goldens: dict[str, Any], eps: float, momentum: float, missed: set[str]
) -> None:
    features = len(goldens["batch_norm"]["sequence"][0]["moving_mean"])
    worst = golden_distances(nn.BatchNorm1d(features, eps=eps, momentum=momentum), goldens)
    assert {name for name, value in worst.items() if value > 1e-5} == missed


def test_a_batch_of_one_is_normalized_to_beta() -> None:
    norm = KerasBatchNorm1d(3)
    nn.init.constant_(norm.bias, 0.5)
    assert distance(norm(torch.randn(1, 3)), [0.5] * 3) < 1e-5
    assert torch.allclose(norm.running_var, torch.full((3,), 0.99))


def test_sequences_are_normalized_per_feature() -> None:
    x = torch.randn(6, 3, 5) * 4 + 2
    flat = KerasBatchNorm1d(3)
    of_flat = flat(x.transpose(1, 2).reshape(-1, 3)).reshape(6, 5, 3).transpose(1, 2)
    norm = KerasBatchNorm1d(3)
    assert torch.allclose(norm(x), of_flat, atol=1e-6)
    assert torch.allclose(norm.running_var, flat.running_var)


def test_gradients_flow_through_the_batch_statistics() -> None:
    x = torch.randn(8, 3, dtype=torch.float64, requires_grad=True)
    norm = KerasBatchNorm1d(3).double()
    assert torch.autograd.gradcheck(norm, (x,))


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"decay must be in \[0, 1\), got 2"):
        KerasBatchNorm1d(3, decay=2)
    with pytest.raises(ValueError, match="eps must be above 0, got -1"):
        KerasBatchNorm1d(3, eps=-1)
    with pytest.raises(ValueError, match="num_features must be at least 1, got 0"):
        KerasBatchNorm1d(0)
