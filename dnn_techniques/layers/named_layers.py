"""The layers of a net by name, position or pattern."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn

from dnn_techniques.errors import InputError, near

Layers = Sequence[int | str]


def net_of(module: nn.Module) -> nn.Module:
    """The net of a module that calls it `net`, as an `Experiment` does.

    Raises:
        InputError: If it has none.
    """
    net = getattr(module, "net", None)
    if not isinstance(net, nn.Module):
        raise InputError(
            f"{type(module).__name__} has no net whose layers could be chosen; call its net `net`"
        )
    return net


def named_layers(net: nn.Module) -> dict[str, nn.Module]:
    """The layers of a net in order, by dotted name: its children, and those of nested sequences.

    >>> net = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 2), nn.ReLU()))
    >>> list(named_layers(net))
    ['0', '1.0', '1.1']
    """
    layers: dict[str, nn.Module] = {}
    for name, child in net.named_children():
        if type(child).forward is nn.Sequential.forward:
            layers |= {f"{name}.{inner}": layer for inner, layer in named_layers(child).items()}
        else:
            layers[name] = child
    return layers


def choose_layers(net: nn.Module, layers: Layers) -> dict[str, nn.Module]:
    """Some of the layers of a net, in its order, by dotted name.

    >>> from dnn_techniques.layers import MLP
    >>> list(choose_layers(MLP(4, (3, 2), 1), ["hidden*", -1]))
    ['hidden1', 'hidden2', 'output']

    Args:
        net: The net.
        layers: Positions among `named_layers`, from the end if negative, and names as shell
            patterns. The name of a sequence stands for all of its layers.

    Raises:
        InputError: If a position or a pattern is no layer's.
    """
    known = named_layers(net)
    names = list(known)
    chosen: set[str] = set()
    for layer in layers:
        if isinstance(layer, int):
            if not -len(names) <= layer < len(names):
                raise InputError(
                    f"layer {layer}: the net has {len(names)} layers, from 0 to {len(names) - 1}"
                )
            chosen.add(names[layer])
            continue
        matching = {name for name in names if _matches(name, layer)}
        if not matching:
            raise InputError(f"layer {layer!r}: the net has no such layer, {near(layer, names)}")
        chosen |= matching
    return {name: layer for name, layer in known.items() if name in chosen}


def _matches(name: str, pattern: str) -> bool:
    """Whether the pattern fits the layer's name, or that of a sequence that it is in."""
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:n]), pattern) for n in range(1, len(parts) + 1))
