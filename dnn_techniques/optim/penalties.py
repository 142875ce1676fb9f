"""l1 and l2 penalties on kernels, to be added to the loss."""

from dataclasses import dataclass

from torch import Tensor, nn

from dnn_techniques.checks import check_not_negative
from dnn_techniques.optim.kernels import kernels


@dataclass(frozen=True)
class Penalty:
    """l1 sum|w| + l2 sum w^2 over the kernels of a net, a scalar (no factor 1/2, no mean).

    It is part of the loss that Keras reports, in training and in validation. torch's
    ``weight_decay`` has no share in the loss, hits biases and batch normalization too, and gives
    the gradient wd w where this gives 2 l2 w.

    Chapter 11, "l1 and l2 Regularization".

    >>> import torch
    >>> layer = nn.Linear(2, 1)
    >>> _ = layer.weight.data.copy_(torch.tensor([[3.0, -4.0]]))
    >>> Penalty(l1=0.1, l2=0.01)(layer)
    tensor(0.9500, grad_fn=<AddBackward0>)

    Args:
        l1: Strength of the l1 penalty, at least 0.
        l2: Strength of the l2 penalty, at least 0.
        pattern: Names of the layers it is for, see `kernels`; all by default.

    Raises:
        ValueError: If a strength is below 0; when called, if no layer matches `pattern`.
    """

    l1: float = 0.0
    l2: float = 0.0
    pattern: str = "*"

    def __post_init__(self) -> None:
        check_not_negative(l1=self.l1, l2=self.l2)

    def __call__(self, module: nn.Module) -> Tensor:
        """The penalty of the kernels of `module`, with a gradient for them."""
        weights = kernels(module, self.pattern)
        total = weights[0].new_zeros(())
        for w in weights:
            if self.l1:
                total = total + self.l1 * w.abs().sum()
            if self.l2:
                total = total + self.l2 * w.square().sum()
        return total
