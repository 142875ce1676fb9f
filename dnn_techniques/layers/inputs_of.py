"""What reaches some layers of a net."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def inputs_of(net: nn.Module, layers: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
    """The inputs of layers in one pass, in the mode that the net is in.

    Args:
        net: Takes `x`.
        layers: Some of its layers, each called once, in the order of the pass.
        x: Inputs, (n, *).

    Returns:
        For each layer its input, (n, *).
    """
    inputs: list[Tensor] = []
    hooks = [m.register_forward_pre_hook(lambda _, args: inputs.append(args[0])) for m in layers]
    try:
        net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return inputs
