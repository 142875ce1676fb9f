"""Kernels with the very numbers that Keras drew."""

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from dnn_techniques.layers import VarianceScaling, glorot_uniform
from dnn_techniques.replay.draws import Float32, normal, truncated_normal, uniform
from dnn_techniques.replay.seeds import draw_seed


@torch.no_grad()
def keras_like_init(
    net: nn.Module,
    seed: int = 42,
    first_draw: int = 0,
    initializers: Mapping[str, VarianceScaling] | None = None,
    without: Collection[str] = (),
) -> int:
    """Fill the dense and convolution kernels of `net` as Keras (TensorFlow 2.0 to 2.4) did.

    After ``tf.random.set_seed(seed)`` every kernel that Keras builds takes the next draw; the
    layers of `net` take theirs in the order of `net.modules()`. Biases become zero. A port of a
    notebook starts from the notebook's weights, to 1e-8, if it counts the kernels that the
    notebook built before with the same seed: models that were loaded or cloned count too.

    Args:
        net: The net, with the layers of the Keras model in the same order.
        seed: What was given to ``tf.random.set_seed``.
        first_draw: Number of kernels that were drawn between then and the first one of `net`.
        initializers: For names of layers, as shell patterns, how their kernels are drawn; the
            first pattern that matches counts. The layers of an `MLP` know it themselves; for
            others it is `glorot_uniform`, Keras's default.
        without: Names of layers that keep their weights and draw none: reused ones.

    Returns:
        Index of the next draw.

    Raises:
        ValueError: If `net` has no such layer, a pattern matches none, or a layer of an `MLP` was
            filled otherwise than by a `VarianceScaling`.

    Example:
        >>> net = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 10))
        >>> keras_like_init(net, seed=42, initializers={"0": VarianceScaling(2.0)})
        2
    """
    layers = [(k, m) for k, m in net.named_modules() if isinstance(m, nn.Linear | _ConvNd)]
    if not layers:
        raise ValueError("net must have a dense or convolution layer, got none")
    for pattern in initializers or {}:
        if not any(fnmatchcase(name, pattern) for name, _ in layers):
            names = ", ".join(name for name, _ in layers)
            raise ValueError(f"initializers: no layer is named {pattern!r}; there are {names}")
    drawn = [(name, layer) for name, layer in layers if name not in without]
    for draw, (name, layer) in enumerate(drawn, start=first_draw):
        initializer = _initializer(name, layer, initializers or {})
        values = _draw(initializer, layer.weight, seed, draw_seed(seed, draw))
        layer.weight.copy_(torch.from_numpy(values))
        if layer.bias is not None:
            layer.bias.zero_()
    return first_draw + len(drawn)


def _initializer(
    name: str, layer: nn.Module, initializers: Mapping[str, VarianceScaling]
) -> VarianceScaling:
    matching = (v for pattern, v in initializers.items() if fnmatchcase(name, pattern))
    initializer = next(matching, getattr(layer, "initializer", glorot_uniform))
    if not isinstance(initializer, VarianceScaling):
        raise ValueError(
            f"layer {name} has no initializer that can be replayed; a VarianceScaling has"
        )
    return initializer


def _draw(initializer: VarianceScaling, weight: Tensor, seed: int, op_seed: int) -> Float32:
    """Values of a kernel in torch's shape, (out, in, *kernel); Keras draws (*kernel, in, out)."""
    units, inputs, *window = weight.shape
    shape = (*window, inputs, units)
    width = initializer.width(weight)
    if initializer.distribution == "uniform":
        values = uniform(shape, -width, width, seed, op_seed)
    elif initializer.distribution == "untruncated_normal":
        values = normal(shape, width, seed, op_seed)
    else:
        values = truncated_normal(shape, width, seed, op_seed)
    return np.ascontiguousarray(np.moveaxis(values, (-1, -2), (0, 1)))
