"""What a net takes, for exports that have to say it."""

import copy
import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dnn_techniques.errors import InputError
from dnn_techniques.weights.layers import keras_views, weighted_layers

# Of one sample; for a net of several inputs one of each.
Shape = Sequence[int] | Sequence[Sequence[int]]


def default_input_shape(net: nn.Module) -> tuple[int]:
    """As many values in a row as the first layer with weights takes.

    >>> default_input_shape(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
    (784,)
    """
    name, layer = next(iter(weighted_layers(net).items()))
    first, *_ = keras_views(name, layer).values()
    return (first.shape[0],)


def in_inference(net: nn.Module) -> nn.Module:
    """A copy of a net on the CPU in inference mode; the net itself keeps its mode.

    RReLU becomes the leaky ReLU that it is in inference: other runtimes do not know it.
    """
    net = copy.deepcopy(net).cpu().eval()
    for module in list(net.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, nn.RReLU):
                setattr(module, name, nn.LeakyReLU((layer.lower + layer.upper) / 2))
    return net


def example_input(net: nn.Module, input_shape: Sequence[int] | None) -> Tensor:
    """Two samples of zeros, (2, *input_shape), with the dtype of the net's weights.

    Raises:
        InputError: If the net does not take them.
    """
    shape = default_input_shape(net) if input_shape is None else tuple(input_shape)
    if any(size < 1 for size in shape):
        raise InputError(f"input_shape must be sizes of at least 1, got {shape}")
    x = torch.zeros(2, *shape, dtype=next(net.parameters()).dtype)
    try:
        with torch.no_grad():
            in_inference(net)(x)
    except (RuntimeError, ValueError, IndexError) as error:
        wanted = default_input_shape(net)[0]
        if input_shape is None:
            message = f"the net takes no {wanted} values in a row; give its input_shape"
        else:
            message = f"the net takes no samples of shape {shape}; give an input_shape of {wanted}"
            message += " values"
        raise InputError(message) from error
    return x


def example_inputs(net: nn.Module, shape: Shape | None) -> dict[str, Tensor]:
    """Two samples of zeros for each input, by name: `x`, or those of the arguments of `forward`.

    Args:
        net: Any module.
        shape: Of one sample; None for `default_input_shape`.

    Raises:
        InputError: If the net does not take them.
    """
    shapes = [tuple(part) for part in shape or () if isinstance(part, Sequence)]
    if not shapes:
        return {"x": example_input(net, shape)}  # type: ignore[arg-type]
    dtype = next(net.parameters()).dtype
    names = list(inspect.signature(net.forward).parameters)[: len(shapes)]
    try:
        inputs = {
            name: torch.zeros(2, *part, dtype=dtype)
            for name, part in zip(names, shapes, strict=True)
        }
        with torch.no_grad():
            in_inference(net)(*inputs.values())
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"{type(net).__name__} takes no inputs of the shapes {', '.join(map(str, shapes))}"
        ) from error
    return inputs
