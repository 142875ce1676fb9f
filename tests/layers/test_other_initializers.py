import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.layers import (
    INITIALIZERS,
    IdentityKernel,
    Orthogonal,
    RandomNormal,
    RandomUniform,
)

SHAPE = 200, 600  # 120,000 values: the standard deviation is known to 0.2% (one standard error)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_registry_has_keras_s_defaults_by_keras_s_names() -> None:
    defaults = {
        "random_normal": RandomNormal(mean=0, stddev=0.05),
        "random_uniform": RandomUniform(minval=-0.05, maxval=0.05),
        "orthogonal": Orthogonal(gain=1),
        "identity": IdentityKernel(gain=1),
    }
    assert {name: INITIALIZERS[name] for name in defaults} == defaults
    torch.manual_seed(0)
    for fill in INITIALIZERS.values():
        weight = torch.full((3, 4), math.nan)
        assert fill(weight) is weight
        assert weight.isfinite().all()


def test_a_normal_of_any_layer_is_not_truncated() -> None:
    for shape in (SHAPE, (600, 200)):
        weight = RandomNormal()(torch.empty(shape), generator())
        assert weight.std().item() == pytest.approx(0.05, rel=0.01)
        assert abs(weight.mean().item()) < 4 * 0.05 / math.sqrt(weight.numel())
        assert weight.abs().max() > 4 * 0.05
    shifted = RandomNormal(1.0, 0.1)(torch.empty(SHAPE), generator())
    assert shifted.mean().item() == pytest.approx(1, abs=0.002)


def test_a_uniform_fills_its_interval() -> None:
    weight = RandomUniform()(torch.empty(SHAPE), generator())
    assert -0.05 <= weight.min() < -0.0499
    assert 0.0499 < weight.max() <= 0.05
    assert weight.std().item() == pytest.approx(0.1 / math.sqrt(12), rel=0.01)


def keras_orthogonal(normal: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Keras's kernel (rows, columns) out of normal values, the longer side first."""
    q, r = np.linalg.qr(normal)
    q = q * np.sign(np.diag(r))
    return q.T if rows < columns else q


@pytest.mark.parametrize(("inputs", "units"), [(7, 4), (4, 7), (5, 5)])
def test_orthogonal_is_keras_s_formula(inputs: int, units: int) -> None:
    weight = Orthogonal(1.5)(torch.empty(units, inputs, dtype=torch.float64), generator())
    drawn = torch.empty(units, inputs, dtype=torch.float64).normal_(generator=generator()).numpy()
    normal = drawn if units >= inputs else drawn.T
    # Keras's kernels are (inputs, units).
    kernel = keras_orthogonal(normal, units, inputs).T
    np.testing.assert_allclose(weight.numpy().T, 1.5 * kernel, atol=1e-14)
    shorter = min(inputs, units)
    product = weight @ weight.T if units <= inputs else weight.T @ weight
    np.testing.assert_allclose(product, 1.5**2 * np.eye(shorter), atol=1e-14)


def test_all_rotations_are_equally_likely() -> None:
    """Without the signs of R the diagonal of Q would be negative nearly always."""
    random = generator()
    drawn = [Orthogonal()(torch.empty(4, 4), random).diag() for _ in range(500)]
    mean = torch.stack(drawn).mean(dim=0)  # of deviation 1/2 each
    assert mean.abs().max() < 4 * 0.5 / math.sqrt(500)
    normal = torch.randn(500, 4, 4, generator=generator())
    plain = torch.linalg.qr(normal)[0].diagonal(dim1=1, dim2=2).mean(dim=0)
    assert plain.min() < -0.3


def test_orthogonal_convolutions_are_flattened() -> None:
    rows = Orthogonal()(torch.empty(5, 3, 2, 2), generator()).flatten(1)
    assert torch.allclose(rows @ rows.T, torch.eye(5), atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_identity_is_cut_off_where_it_is_not_square(shape: tuple[int, int]) -> None:
    weight = IdentityKernel(2.0)(nn.Parameter(torch.ones(shape)))
    np.testing.assert_array_equal(weight.detach(), 2 * np.eye(*shape))


@pytest.mark.parametrize("initializer", [RandomNormal(), RandomUniform(), Orthogonal()])
def test_a_generator_repeats_the_draw(initializer: RandomNormal) -> None:
    def draw() -> Tensor:
        return initializer(torch.empty(4, 6), generator())

    assert torch.equal(draw(), draw())


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="stddev must be above 0, got 0"):
        RandomNormal(stddev=0)
    with pytest.raises(ValueError, match="mean must be finite, got nan"):
        RandomNormal(mean=math.nan)
    with pytest.raises(ValueError, match="minval must be below maxval, got 1 and 0"):
        RandomUniform(1, 0)
    with pytest.raises(ValueError, match="gain must be above 0, got -1"):
        Orthogonal(-1)
    with pytest.raises(ValueError, match="gain must be above 0, got 0"):
        IdentityKernel(0)
    with pytest.raises(ValueError, match=r"\(out, in, ...\), got \(3,\)"):
        Orthogonal()(torch.empty(3))
    with pytest.raises(ValueError, match=r"\(out, in\), got \(3, 2, 1\)"):
        IdentityKernel()(torch.empty(3, 2, 1))
