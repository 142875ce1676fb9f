import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.layers import SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.activations import (
    ACTIVATIONS,
    activation_table,
    derivative,
    make_activation,
)
from dnn_techniques.layers.initializers import glorot_uniform, he_normal, lecun_normal

GOLDENS = json.loads((Path(__file__).parents[1] / "goldens" / "tensorflow.json").read_text())
LAYERS = {name: torch.tensor(values) for name, values in GOLDENS["layers"].items()}
UNITS = LAYERS["input"].shape[1]
GRID = torch.linspace(-5, 5, 201, dtype=torch.float64)


def miss(module: nn.Module, golden: str) -> float:
    with torch.no_grad():
        return float((module(LAYERS["input"]) - LAYERS[golden]).abs().max())


@pytest.mark.parametrize(
    ("name", "golden"),
    [
        ("leaky_relu", "leaky_relu_default"),
        ("prelu", "prelu_default"),
        ("elu", "elu"),
        ("selu", "selu"),
        ("sigmoid", "sigmoid"),
    ],
)
def test_matches_tensorflow(name: str, golden: str) -> None:
    assert miss(make_activation(name, UNITS), golden) < 1e-6


@pytest.mark.parametrize(
    ("default", "golden"),
    [(nn.LeakyReLU(), "leaky_relu_default"), (nn.PReLU(), "prelu_default")],
)
def test_torch_default_misses_tensorflow(default: nn.Module, golden: str) -> None:
    assert miss(default, golden) > 0.1


def test_prelu_has_one_slope_a_unit_from_zero() -> None:
    (slopes,) = make_activation("prelu", 7).parameters()
    assert torch.equal(slopes, torch.zeros(7))


def test_rrelu_draws_slopes_in_training_and_takes_their_mean_otherwise() -> None:
    rrelu = make_activation("rrelu", 1)
    torch.manual_seed(0)
    slopes = -rrelu(-torch.ones(10_000))
    assert slopes.min() >= 1 / 8
    assert slopes.max() <= 1 / 3
    assert slopes.std().item() == pytest.approx((1 / 3 - 1 / 8) / math.sqrt(12), rel=0.03)
    assert torch.allclose(rrelu.eval()(-torch.ones(3)), torch.tensor(-11 / 48), rtol=0, atol=1e-7)


def test_selu_constants_from_the_closed_form_are_torchs() -> None:
    scale, limit = torch.selu(torch.tensor([1.0, -1e3], dtype=torch.float64)).tolist()
    assert scale == pytest.approx(SELU_SCALE, abs=1e-14)
    assert limit == pytest.approx(-SELU_SCALE * SELU_ALPHA, abs=1e-14)


def test_selu_constants_map_a_standard_normal_to_mean_0_and_variance_1() -> None:
    z = torch.linspace(-12, 12, 2_400_001, dtype=torch.float64)
    density = torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    y = SELU_SCALE * torch.where(z > 0, z, SELU_ALPHA * torch.expm1(z))
    assert torch.trapezoid(y * density, z).item() == pytest.approx(0, abs=1e-9)
    assert torch.trapezoid(y**2 * density, z).item() == pytest.approx(1, abs=1e-9)


LOGISTIC = 1 / (1 + torch.exp(-GRID))
NORMAL_BELOW = (1 + torch.special.erf(GRID / math.sqrt(2))) / 2  # P(Z < z)
# By their formulas, as Keras 2.4 computes them; GELU with its default ``approximate=False``.
SMOOTH: dict[str, Tensor] = {
    "softplus": torch.log(1 + torch.exp(GRID)),
    "softsign": GRID / (1 + GRID.abs()),
    "gelu": GRID * NORMAL_BELOW,
    "swish": GRID * LOGISTIC,
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_are_their_formulas(name: str) -> None:
    assert torch.allclose(make_activation(name, 1)(GRID), SMOOTH[name], rtol=0, atol=1e-14)


def test_gelu_is_not_its_approximation() -> None:
    approximate = nn.GELU(approximate="tanh")(GRID)
    assert (approximate - SMOOTH["gelu"]).abs().max() > 1e-4
    assert make_activation("gelu", 1)(torch.ones(1)).item() == pytest.approx(0.8413447, abs=1e-6)


def test_softplus_stays_finite_and_tends_to_relu() -> None:
    z = torch.tensor([-1e4, -50.0, 50.0, 1e4])
    assert make_activation("softplus", 1)(z).tolist() == pytest.approx([0, 0, 50, 1e4], abs=1e-7)


DERIVATIVES: dict[str, Tensor] = {
    "linear": torch.ones_like(GRID),
    "sigmoid": torch.exp(-GRID) / (1 + torch.exp(-GRID)) ** 2,
    "tanh": 1 / torch.cosh(GRID) ** 2,
    "relu": (GRID > 0).double(),
    "leaky_relu": torch.where(GRID > 0, 1.0, 0.3),
    "leaky_relu_0.01": torch.where(GRID > 0, 1.0, 0.01),
    "leaky_relu_0.2": torch.where(GRID > 0, 1.0, 0.2),
    "rrelu": torch.where(GRID > 0, 1.0, 11 / 48),
    "prelu": (GRID > 0).double(),
    "elu": torch.where(GRID > 0, 1.0, torch.exp(GRID)),
    "selu": SELU_SCALE * torch.where(GRID > 0, 1.0, SELU_ALPHA * torch.exp(GRID)),
    "softplus": LOGISTIC,
    "softsign": 1 / (1 + GRID.abs()) ** 2,
    "gelu": NORMAL_BELOW + GRID * torch.exp(-(GRID**2) / 2) / math.sqrt(2 * math.pi),
    "swish": LOGISTIC * (1 + GRID * (1 - LOGISTIC)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_closed_form(name: str) -> None:
    activation = make_activation(name, 1).double().eval()
    z = GRID[GRID.abs() > 1e-6]  # at 0 some have a kink
    with torch.no_grad():
        slope = derivative(activation, z)
    expected = DERIVATIVES[name][GRID.abs() > 1e-6].double()
    assert torch.allclose(slope, expected, rtol=0, atol=1e-7)
    assert not z.requires_grad


def test_registry_goes_with_the_initializers_of_the_book() -> None:
    glorot = {"linear", "sigmoid", "tanh", "softsign"}
    for name, activation in ACTIVATIONS.items():
        expected = (
            glorot_uniform if name in glorot else lecun_normal if name == "selu" else he_normal
        )
        assert activation.initializer is expected
        assert activation.name == name


def test_registry_lists_itself() -> None:
    lines = activation_table().splitlines()
    assert [line.split(":")[0] for line in lines] == list(ACTIVATIONS)
    assert all(
        a.formula in line and a.paper in line
        for a, line in zip(ACTIVATIONS.values(), lines, strict=True)
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_makes_torch_modules_that_keep_the_shape(name: str) -> None:
    first, second = make_activation(name, 6), make_activation(name, 6)
    assert first is not second
    kinds = [kind.__module__ for kind in type(first).__mro__]
    assert any(kind.startswith("torch.nn.modules.") for kind in kinds[: kinds.index("builtins")])
    assert first(torch.randn(4, 6)).shape == (4, 6)


def test_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"linear, sigmoid, .*, swish; got 'sleu', did you mean"):
        make_activation("sleu", 3)
    with pytest.raises(ValueError, match="units must be at least 1, got 0"):
        make_activation("relu", 0)
