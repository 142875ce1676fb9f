"""A connection that skips layers."""

from torch import Tensor, nn


class SkipConnection(nn.Sequential):
    """Layers whose input is added to their output (He et al. 2016, arXiv:1512.03385).

    The layers have to keep the shape of their input.

    Example:
        >>> import torch
        >>> SkipConnection(nn.ReLU())(torch.tensor([-1.0, 2.0]))
        tensor([-1.,  4.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input plus what the layers make of it."""
        output: Tensor = super().forward(input)
        return input + output
