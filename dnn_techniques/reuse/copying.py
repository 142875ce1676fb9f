"""Taking layers over from a trained net: their weights, or the layers themselves.

Chapter 11, "Reusing Pretrained Layers".
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers.named_layers import Layers, choose_layers, named_layers


def all_but_the_output(net: nn.Module) -> list[str]:
    """Names of all layers but the last, which belongs to the net's own task."""
    return list(named_layers(net))[:-1]


@torch.no_grad()
def copy_layers(
    source: nn.Module | Mapping[str, Tensor], target: nn.Module, layers: Layers | None = None
) -> list[str]:
    """Copy the weights of layers, statistics of batch normalization included.

    Training the target afterwards leaves the source as it is, unlike after `share_layers`.

    Args:
        source: A net with layers of the same names and shapes, or its `state_dict`.
        target: The net that gets them.
        layers: Which of its layers, see `choose_layers`; None for all but the last.

    Returns:
        Names of the layers.

    Raises:
        InputError: If the target has no such layer, or the source's is another one.

    Example:
        >>> from dnn_techniques.layers import MLP
        >>> a, b = MLP(4, (3, 2), 8), MLP(4, (3, 2), 1)
        >>> copy_layers(a, b)
        ['flatten', 'hidden1', 'activation1', 'hidden2', 'activation2']
    """
    chosen = choose_layers(target, all_but_the_output(target) if layers is None else layers)
    weights = source.state_dict() if isinstance(source, nn.Module) else source
    for name, layer in chosen.items():
        own = layer.state_dict()
        prefix = f"{name}."
        theirs = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        _check(name, theirs, own)
        layer.load_state_dict(theirs)
    return list(chosen)


def share_layers(source: nn.Module, target: nn.Module, layers: Layers | None = None) -> list[str]:
    """Put layers of the source in the place of the target's: both nets have them from now on.

    Training one changes the other. Make the target's optimizer afterwards.

    Args:
        source: A net with layers of the same names and shapes.
        target: The net that gets them.
        layers: Which of its layers, see `choose_layers`; None for all but the last.

    Returns:
        Names of the layers.

    Raises:
        InputError: If the target has no such layer, or the source's is another one.
    """
    chosen = choose_layers(target, all_but_the_output(target) if layers is None else layers)
    theirs = named_layers(source)
    for name, layer in chosen.items():
        if name not in theirs:
            raise InputError(f"layer {name}: the source has no such layer")
        _check(name, theirs[name].state_dict(), layer.state_dict())
    for name in chosen:
        target.set_submodule(name, theirs[name])
    return list(chosen)


def _check(name: str, theirs: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Raise InputError unless the tensors of a layer have the same names and shapes."""
    for key in [*own, *(theirs.keys() - own.keys())]:
        shapes = [tuple(v[key].shape) if key in v else None for v in (theirs, own)]
        if shapes[0] != shapes[1]:
            said = [f"is {shape}" if shape is not None else "does not exist" for shape in shapes]
            raise InputError(
                f"layer {name}: {key} {said[0]} in the source and {said[1]} in the net;"
                " leave the layer out of those to reuse, or make it like the source's"
            )
