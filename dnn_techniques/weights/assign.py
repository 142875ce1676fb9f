"""Weights from elsewhere into the layers of a net, all or none of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dnn_techniques.errors import InputError, near
from dnn_techniques.weights.layers import (
    Array,
    ForeignLayer,
    keras_views,
    kind_of,
    weighted_layers,
)


def assign_arrays(
    net: nn.Module, arrays: Sequence[ArrayLike] | Mapping[str, Sequence[ArrayLike]]
) -> None:
    """Give the layers of `net` the weights that `arrays` hold.

    The way to reuse what any other framework trained. Shapes and order are those of Keras (and of
    TensorFlow 1): a dense layer takes a kernel (inputs, units), not torch's (units, inputs), then
    its bias (units,); batch normalization takes gamma, beta, moving mean and moving variance,
    (features,) each; PReLU takes alpha, (units,). So ``keras_model.get_weights()`` can be given.
    Either all arrays are assigned or none.

    Args:
        net: Any module; layers count in the order in which they were added.
        arrays: The weights of all layers in a row, or those of some layers by their names.

    Raises:
        InputError: If a number, a name or a shape does not fit.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> assign_arrays(net, [[[1, 2, 3], [4, 5, 6]], [7, 8, 9]])
        >>> net(torch.tensor([[10.0, 11.0]])).detach()
        tensor([[ 61.,  83., 105.]])
    """
    layers = weighted_layers(net)
    if isinstance(arrays, Mapping):
        for name in arrays:
            if name not in layers:
                raise InputError(
                    f"the net has no layer {name!r} with weights: {near(name, layers)}"
                )
        given = {name: list(values) for name, values in arrays.items()}
    else:
        sizes = {name: len(keras_views(name, layer)) for name, layer in layers.items()}
        if len(arrays) != sum(sizes.values()):
            raise InputError(f"{len(arrays)} arrays for a net that takes {_wanted(layers)}")
        rest = iter(arrays)
        given = {name: [next(rest) for _ in range(size)] for name, size in sizes.items()}
    pairs = []
    for name, values in given.items():
        keys = list(keras_views(name, layers[name]))
        if len(values) != len(keys):
            raise InputError(f"{len(values)} arrays for {name}, which takes {', '.join(keys)}")
        foreign = {key: _array(name, key, v) for key, v in zip(keys, values, strict=True)}
        pairs.append((name, layers[name], ForeignLayer(name, foreign)))
    assign_layers(pairs, "arrays")


def keras_arrays(net: nn.Module) -> list[Array]:
    """The weights of `net` as ``keras_model.set_weights`` takes them; the way back.

    Returns:
        Copies, in the order and the shapes of `assign_arrays`.

    Example:
        >>> [array.shape for array in keras_arrays(nn.Sequential(nn.Linear(2, 3), nn.PReLU(3)))]
        [(2, 3), (3,), (3,)]
    """
    return [
        _numpy(view).copy()
        for name, layer in weighted_layers(net).items()
        for view in keras_views(name, layer).values()
    ]


@torch.no_grad()
def assign_layers(pairs: Sequence[tuple[str, nn.Module, ForeignLayer]], source: str) -> None:
    """Give each layer (name and module) the weights of the foreign layer beside it.

    Batch normalization that was made without scale or center gets gammas of 1, betas of 0.

    Args:
        pairs: The layers.
        source: Where the weights come from, for messages.

    Raises:
        InputError: If one does not fit; then no weight was changed.
    """
    todo = []
    for name, layer, foreign in pairs:
        views = keras_views(name, layer)
        check_layer(name, layer, foreign, source)
        for key, view in views.items():
            array = foreign.arrays.get(key)
            if array is None:
                array = np.full(tuple(view.shape), 1 if key == "gamma" else 0)
            todo.append((view, torch.from_numpy(np.ascontiguousarray(array, float))))
    for view, values in todo:
        view.copy_(values)


def check_layer(name: str, layer: nn.Module, foreign: ForeignLayer, source: str) -> None:
    """Refuse weights that do not fit a layer.

    Raises:
        InputError: If they do not.
    """
    theirs = f"{source}: layer {foreign.name!r}"
    if foreign.kind is None:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in foreign.arrays.items())
        raise InputError(
            f"{theirs} has {shapes}: no dense layer, batch normalization or PReLU;"
            " leave it out by naming the layers in by_name"
        )
    if foreign.kind != kind_of(layer):
        raise InputError(
            f"{theirs} is {foreign.kind}, but {name} of the net, in its place, is {kind_of(layer)};"
            " make the net's layers like the file's, or pair them by by_name"
        )
    views = keras_views(name, layer)
    for key, array in foreign.arrays.items():
        if array.dtype.kind not in "biuf":
            raise InputError(f"{theirs}: {key} holds {array.dtype}; save it as float32")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(f"{theirs}: {key} is not finite, the training diverged; take another")
        if key not in views:
            raise InputError(f"{theirs} has a {key}, {name} of the net has none; make it with one")
        if array.shape != tuple(views[key].shape):
            raise InputError(
                f"{theirs}: {key} is {array.shape}, {name} of the net takes"
                f" {tuple(views[key].shape)}; {_remedy(key, array)}"
            )
    if "bias" in views and foreign.kind == "dense" and "bias" not in foreign.arrays:
        raise InputError(f"{theirs} has no bias, {name} of the net has; make it with bias=False")
    if not isinstance(layer, _BatchNorm) or foreign.eps is None:
        return
    if abs(layer.eps - foreign.eps) > 1e-6 * foreign.eps:  # more than float32 rounds
        raise InputError(
            f"{theirs} has epsilon {foreign.eps:g}, {name} of the net {layer.eps:g};"
            f" make it KerasBatchNorm1d({layer.num_features}, eps={foreign.eps:g})"
        )


def _remedy(key: str, array: Array) -> str:
    if array.ndim != (2 if key == "kernel" else 1):
        return "a kernel must be (inputs, units), the rest (units,)"
    if key == "kernel":
        return f"make it nn.Linear{array.shape}, or transpose a kernel that is (units, inputs)"
    return f"make it for {array.size} units"


def _array(name: str, key: str, values: ArrayLike) -> Array:
    try:
        array = _numpy(values) if isinstance(values, Tensor) else np.asarray(values)
    except ValueError as error:
        raise InputError(f"{key} of layer {name} is no array: its rows differ in length") from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{key} of layer {name} must hold numbers, got {array.dtype}")
    return array


def _numpy(tensor: Tensor) -> Array:
    """A tensor as an array; numpy has no bfloat16."""
    tensor = tensor.detach().cpu()
    array: Array = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return array


def _wanted(layers: Mapping[str, nn.Module]) -> str:
    wanted = [
        f"{key} of {name} {tuple(view.shape)}"
        for name, layer in layers.items()
        for key, view in keras_views(name, layer).items()
    ]
    shown = wanted if len(wanted) <= 8 else [*wanted[:7], "..."]
    return f"{len(wanted)}: {', '.join(shown)}"
