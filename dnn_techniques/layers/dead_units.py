"""Dead units: those that no input wakes, so that no gradient passes through them any more."""

from collections.abc import Sequence

from torch import Tensor, nn

from dnn_techniques.layers.activations import derivative
from dnn_techniques.layers.inputs_of import inputs_of


def dead_units(net: nn.Module, activations: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
    """Find the units whose activation is flat, of slope 0, at every one of the inputs.

    A ReLU that is off for all inputs is one: it puts out 0, and gradient descent leaves its weights
    alone (chapter 11, "Nonsaturating Activation Functions"). A leaky one cannot be.

    Args:
        net: Takes `x`.
        activations: Its activation modules, elementwise; each gets (n, units).
        x: Inputs, (n, *).

    Returns:
        For each activation which of its units are dead, bool, (units,).

    Example:
        >>> import torch
        >>> net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
        >>> net[0].load_state_dict({"weight": torch.ones(2, 1), "bias": torch.tensor([0.0, -9.0])})
        <All keys matched successfully>
        >>> dead_units(net, [net[1]], torch.tensor([[1.0], [2.0]]))
        [tensor([False,  True])]
    """
    reached = inputs_of(net, activations, x)
    slopes = (derivative(m, z) for m, z in zip(activations, reached, strict=True))
    return [(slope == 0).all(dim=0) for slope in slopes]
