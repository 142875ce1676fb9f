"""Steps along gradients that may be products of two tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class OuterProduct(NamedTuple):
    """The gradient of a dense layer's kernel or bias, not yet multiplied out.

    It is a sum over the n samples of a minibatch. A step that only adds it to the kernel goes
    through the kernel's memory once instead of three times.

    Attributes:
        outputs: Gradient of the layer's outputs, transposed, (units, n).
        inputs: The layer's inputs, (n, inputs); for a bias ones, (n,).
    """

    outputs: Tensor
    inputs: Tensor

    def multiplied_out(self) -> Tensor:
        """The gradient, (units, inputs) or (units,)."""
        if self.inputs.ndim == 1:
            return self.outputs.sum(dim=1)
        return torch.mm(self.outputs, self.inputs)

    def add_to(self, parameter: Tensor, scale: float) -> None:
        """Add the gradient, times `scale`, to the kernel (units, inputs) or the bias (units,)."""
        if self.inputs.ndim == 1:
            parameter.addmv_(self.outputs, self.inputs, alpha=scale)
        else:
            parameter.addmm_(self.outputs, self.inputs, alpha=scale)


Gradient = Tensor | OuterProduct


def add_scaled(parameters: Sequence[Tensor], gradients: Sequence[Gradient], scale: float) -> None:
    """Add to each parameter its gradient times `scale`, in place."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if isinstance(gradient, OuterProduct):
            gradient.add_to(parameter, scale)
        else:
            parameter.add_(gradient, alpha=scale)
