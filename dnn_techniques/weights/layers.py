"""A layer's weights under Keras's names and in Keras's shapes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dnn_techniques.errors import InputError

Array = NDArray[np.generic]

# The order is that of Keras's `layer.get_weights()`.
WEIGHTS = {
    "dense": ("kernel", "bias"),
    "batch normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "PReLU": ("alpha",),
}
# What a layer may be made without (use_bias, scale, center).
OPTIONAL = {"bias", "gamma", "beta"}


@dataclass(frozen=True)
class ForeignLayer:
    """A layer with weights that something else trained.

    Attributes:
        name: Its name there, empty if it has none.
        arrays: Its weights by Keras's names, kernels (inputs, units).
        eps: What batch normalization adds to the variance, where the file says it.
    """

    name: str
    arrays: Mapping[str, Array]
    eps: float | None = None

    @property
    def kind(self) -> str | None:
        """The key of `WEIGHTS` that the weights are those of; none for a layer of another kind."""
        for kind, names in WEIGHTS.items():
            if set(names) - OPTIONAL <= set(self.arrays) <= set(names):
                return kind
        return None


def kind_of(layer: nn.Module) -> str | None:
    """The key of `WEIGHTS` for a layer of ours; none if it is of another kind."""
    if isinstance(layer, nn.Linear):
        return "dense"
    if isinstance(layer, _BatchNorm):
        return "batch normalization"
    return "PReLU" if isinstance(layer, nn.PReLU) else None


def weighted_layers(net: nn.Module) -> dict[str, nn.Module]:
    """The layers of `net` with weights, by name, in the order in which they were added.

    Raises:
        InputError: If there is none, or one that has no counterpart here.
    """
    layers = {}
    for name, layer in net.named_modules():
        if kind_of(layer) is not None:
            layers[name] = layer
        elif next(layer.parameters(recurse=False), None) is not None:
            raise InputError(
                f"layer {name or 'net'} is a {type(layer).__name__}; weights can be exchanged for"
                f" {', '.join(WEIGHTS)} only"
            )
    if not layers:
        raise InputError("the net has no layer with weights; give it a dense one at least")
    return layers


def keras_views(name: str, layer: nn.Module) -> dict[str, Tensor]:
    """The weights of a layer by Keras's names and in Keras's shapes; what is written is assigned.

    Raises:
        InputError: If a weight is computed from others (pruned, parametrized), or the layer keeps
            no moving statistics.
    """
    own = dict(layer.named_parameters(recurse=False))
    for attribute in ("weight", "bias"):
        if attribute not in own and getattr(layer, attribute, None) is not None:
            raise InputError(
                f"the {attribute} of layer {name} is computed (pruned or parametrized);"
                " make it permanent"
            )
    weight, bias = own.get("weight"), own.get("bias")
    tensors: tuple[Tensor | None, ...] = (weight,)
    if isinstance(layer, nn.Linear):
        tensors = (layer.weight.T, bias)
    elif isinstance(layer, _BatchNorm):
        if layer.running_mean is None:
            raise InputError(f"layer {name} has no moving mean; make it with track_running_stats")
        tensors = (weight, bias, layer.running_mean, layer.running_var)
    keys = WEIGHTS[str(kind_of(layer))]
    pairs = zip(keys, tensors, strict=True)
    return {key: tensor.detach() for key, tensor in pairs if tensor is not None}
