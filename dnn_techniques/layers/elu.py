"""ELU and SELU, with exp(z) - 1 as TensorFlow computes it.

torch takes expm1, with which a replay of the notebook's 1cycle run ends further from the printed
figures. On a GPU, where every kernel costs more than its arithmetic, torch's own one is taken.
"""

import math

import torch
from torch import Tensor, nn


def _selu_constants() -> tuple[float, float]:
    """Return alpha and scale of SELU: equation 14 of the paper, for the fixed point (0, 1)."""
    e1, e2 = math.erfc(1 / math.sqrt(2)), math.erfc(math.sqrt(2))
    alpha = math.sqrt(2 / math.pi) / (1 - e1 * math.sqrt(math.e))
    inverse_square = (
        2 * e2 * math.e**2
        + math.pi * e1**2 * math.e
        - 2 * (2 + math.pi) * e1 * math.sqrt(math.e)
        + math.pi
        + 2
    )
    scale = (1 - e1 * math.sqrt(math.e)) * math.sqrt(2 * math.pi / inverse_square)
    return alpha, scale


SELU_ALPHA, SELU_SCALE = _selu_constants()


class ELU(nn.ELU):
    """z where z is above 0, alpha (exp(z) - 1) elsewhere.

    Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289; chapter 11, "Nonsaturating Activation
    Functions". Input and output have the same shape, any.

    Args:
        alpha: The function tends to -alpha at minus infinity.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha)

    def forward(self, input: Tensor) -> Tensor:
        """The value at each element."""
        if input.is_cuda:
            return super().forward(input)
        above = input.relu()
        return torch.add(above, (input - above).exp_() - 1, alpha=self.alpha)

    def derivative(self, gradient: Tensor, output: Tensor) -> Tensor:
        """Gradient of the input, from that of the output and the output itself."""
        return _elu_backward(gradient, output, self.alpha, 1.0)


class SELU(nn.SELU):
    """scale z where z is above 0, scale alpha (exp(z) - 1) elsewhere; keeps mean 0 and variance 1.

    Klambauer et al. 2017, arXiv:1706.02515; chapter 11, "Nonsaturating Activation Functions". alpha
    is about 1.6733, scale about 1.0507. Input and output have the same shape, any.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The value at each element."""
        if input.is_cuda:
            return super().forward(input)
        above = input.relu()
        below = (input - above).exp_() - 1
        return torch.add(above * SELU_SCALE, below, alpha=SELU_ALPHA * SELU_SCALE)

    def derivative(self, gradient: Tensor, output: Tensor) -> Tensor:
        """Gradient of the input, from that of the output and the output itself."""
        return _elu_backward(gradient, output, SELU_ALPHA, SELU_SCALE)


def _elu_backward(gradient: Tensor, output: Tensor, alpha: float, scale: float) -> Tensor:
    """Return scale where the output is above 0, output + scale alpha elsewhere, times gradient."""
    onward: Tensor = torch.ops.aten.elu_backward.default(gradient, alpha, scale, 1.0, True, output)
    return onward
