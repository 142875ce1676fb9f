import math

import pytest
import torch
from torch import nn

from dnn_techniques.layers import (
    VarianceScaling,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)

FAN_IN, FAN_OUT = 600, 200
FAN_AVG = 400
VARIANCES = {
    "glorot": (glorot_uniform, glorot_normal, 1 / FAN_AVG),
    "he": (he_uniform, he_normal, 2 / FAN_IN),
    "lecun": (lecun_uniform, lecun_normal, 1 / FAN_IN),
}


def draw(initializer: VarianceScaling) -> torch.Tensor:
    """120,000 values: the standard deviation is known to 0.2% (one standard error)."""
    generator = torch.Generator().manual_seed(0)
    return initializer(torch.empty(FAN_OUT, FAN_IN), generator)


@pytest.mark.parametrize("name", VARIANCES)
def test_uniform_fills_the_interval_of_the_variance(name: str) -> None:
    uniform, _, variance = VARIANCES[name]
    limit = math.sqrt(3 * variance)
    weight = draw(uniform)
    assert weight.abs().max() <= limit
    assert weight.max() > 0.999 * limit
    assert weight.min() < -0.999 * limit
    assert weight.std().item() == pytest.approx(math.sqrt(variance), rel=0.01)
    assert abs(weight.mean().item()) < 4 * math.sqrt(variance / weight.numel())


@pytest.mark.parametrize("name", VARIANCES)
def test_normal_is_truncated_and_keeps_the_variance(name: str) -> None:
    _, normal, variance = VARIANCES[name]
    cut = 2 * math.sqrt(variance) / 0.87962566103423978
    weight = draw(normal)
    assert weight.abs().max() <= cut * (1 + 1e-6)
    assert weight.abs().max() > 0.99 * cut
    assert weight.std().item() == pytest.approx(math.sqrt(variance), rel=0.01)


def test_torchs_kaiming_normal_is_not_truncated() -> None:
    weight = nn.init.kaiming_normal_(torch.empty(FAN_OUT, FAN_IN), nonlinearity="relu")
    assert weight.abs().max() > 2 * math.sqrt(2 / FAN_IN) / 0.87962566103423978


def test_torchs_selu_gain_is_not_lecuns() -> None:
    weight = nn.init.kaiming_normal_(torch.empty(FAN_OUT, FAN_IN), nonlinearity="selu")
    assert weight.std().item() == pytest.approx(0.75 * math.sqrt(1 / FAN_IN), rel=0.01)


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", FAN_IN), ("fan_out", FAN_OUT)])
def test_modes_and_untruncated_normal(mode: str, fan: int) -> None:
    weight = draw(VarianceScaling(2.0, mode, "untruncated_normal"))  # type: ignore[arg-type]
    assert weight.std().item() == pytest.approx(math.sqrt(2 / fan), rel=0.01)
    assert weight.abs().max() > 3.5 * math.sqrt(2 / fan)


def test_the_book_s_variance_scaling_for_a_uniform_he_by_the_mean_fan() -> None:
    weight = draw(VarianceScaling(2.0, "fan_avg", "uniform"))
    limit = math.sqrt(3 * 2 / FAN_AVG)
    assert 0.999 * limit < weight.abs().max() <= limit
    plain = nn.init.xavier_uniform_(torch.empty(FAN_OUT, FAN_IN), gain=math.sqrt(2))
    assert plain.std().item() == pytest.approx(weight.std().item(), rel=0.01)


def test_a_convolutions_fan_counts_its_kernel() -> None:
    weight = torch.empty(8, 4, 5, 5)
    lecun_uniform(weight)
    assert weight.abs().max().item() == pytest.approx(math.sqrt(3 / (4 * 25)), rel=0.02)


def test_a_generator_repeats_the_draw() -> None:
    assert torch.equal(draw(he_normal), draw(he_normal))


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="scale must be above 0, got 0"):
        VarianceScaling(0)
    with pytest.raises(ValueError, match=r"mode must be one of .* got 'fan'"):
        VarianceScaling(1, "fan")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"distribution must be one of .* got 'unifrom'"):
        VarianceScaling(1, "fan_in", "unifrom")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(out, in, ...\), got \(3,\)"):
        glorot_uniform(torch.empty(3))
