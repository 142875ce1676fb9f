import numpy as np
import pytest
import torch
from torch import nn

from dnn_techniques.layers import ELU, SELU, SELU_ALPHA, SELU_SCALE

Z = torch.cat([torch.linspace(-30, 30, 601), torch.tensor([-1e-4, 1e-4, 0.0, -0.0, 90.0])])


@pytest.mark.parametrize(
    ("layer", "plain", "alpha", "scale"),
    [
        (ELU(), nn.ELU(), 1.0, 1.0),
        (ELU(0.7), nn.ELU(0.7), 0.7, 1.0),
        (SELU(), nn.SELU(), SELU_ALPHA, SELU_SCALE),
    ],
)
def test_one_is_subtracted_from_the_exponential(
    layer: nn.Module, plain: nn.Module, alpha: float, scale: float
) -> None:
    """As TensorFlow does in float32; torch's expm1 is more exact and so another number."""
    z = Z.numpy()
    below = np.float32(alpha * scale) * (np.exp(np.minimum(z, 0)) - np.float32(1))
    expected = np.where(z > 0, np.float32(scale) * z, below)
    np.testing.assert_allclose(layer(Z).numpy(), expected, rtol=0, atol=1.2e-7 * alpha * scale)
    tiny = torch.tensor([-1e-4])
    assert abs(layer(tiny) / plain(tiny) - 1) > 1e-5
    torch.testing.assert_close(layer(Z.double()), plain(Z.double()), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("layer", [ELU(), ELU(0.7), SELU()])
def test_the_derivative_is_autograd_s_and_torch_s(layer: ELU | SELU) -> None:
    z = Z.double().requires_grad_()
    gradient = torch.linspace(-1, 1, len(z), dtype=torch.float64)
    y = layer(z)
    (expected,) = torch.autograd.grad(y, z, gradient)
    torch.testing.assert_close(layer.derivative(gradient, y.detach()), expected)
    plain = nn.ELU(layer.alpha) if isinstance(layer, ELU) else nn.SELU()
    (of_torch,) = torch.autograd.grad(plain(z), z, gradient)
    torch.testing.assert_close(expected, of_torch)
