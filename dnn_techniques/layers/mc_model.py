"""A trained net made into one that always drops: Monte Carlo dropout without a mode to mind.

Chapter 11, "Monte Carlo (MC) Dropout"; Gal & Ghahramani 2016, arXiv:1506.02142.
"""

import copy

from torch import nn

from dnn_techniques.layers.dropout import (
    DROPOUT_LAYERS,
    MCAlphaDropout,
    MCDropout,
)


def mc_model(net: nn.Module) -> nn.Module:
    """Copy a net, with `MCDropout` and `MCAlphaDropout` where it has dropout and alpha dropout.

    The copy has the net's weights and modes, and drops in inference too, so that the mean of many
    calls of it is the Monte Carlo estimate; batch normalization stays as its mode says. Whatever
    is done to the copy, the net stays as it is. (The notebook's own MC model shares its layers with
    the net from which it was made; the book copies the weights.)

    `mc_predict` gives the same estimate without a copy.

    Args:
        net: A net with at least one layer of dropout or alpha dropout.

    Raises:
        ValueError: If it has none, or dropout of another kind, such as `nn.Dropout2d`.

    Example:
        >>> mc_model(nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5)))
        Sequential(
          (0): Linear(in_features=3, out_features=2, bias=True)
          (1): MCDropout(p=0.5, inplace=False)
        )
    """
    if not any(isinstance(layer, DROPOUT_LAYERS) for layer in net.modules()):
        raise ValueError("net must have at least one dropout layer, got none")
    return _converted(copy.deepcopy(net))


def _converted(layer: nn.Module) -> nn.Module:
    """A layer that always drops in the place of one that drops in training; others as they are."""
    if isinstance(layer, MCDropout | MCAlphaDropout):
        return layer
    if isinstance(layer, DROPOUT_LAYERS):
        for kind, always in ((nn.Dropout, MCDropout), (nn.AlphaDropout, MCAlphaDropout)):
            if isinstance(layer, kind):
                return always(layer.p).train(layer.training)
        raise ValueError(
            f"{type(layer).__name__} has no Monte Carlo layer; Dropout and AlphaDropout have one,"
            " and mc_predict takes any dropout layer"
        )
    for name, child in layer._modules.items():  # named_children has a shared layer only once
        if child is not None:
            layer._modules[name] = _converted(child)
    return layer
