"""The layers of a net at a glance, as Keras's `model.summary()` prints them."""

import copy
from functools import partial

import pytorch_lightning as pl
import torch
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import named_layers
from dnn_techniques.modules.parameters import count_parameters

WIDTH = 80


def summary(module: pl.LightningModule) -> str:
    """Name, kind, shape of the outputs and number of parameters of each layer, in 80 columns.

    >>> from dnn_techniques.modules import BNBeforeActivation
    >>> print(summary(BNBeforeActivation(in_features=784, hidden=(300,))))
    Layer (type)                                  Output shape            Parameters
    ================================================================================
    flatten (Flatten)                             (n, 784)                         0
    norm0 (KerasBatchNorm1d)                      (n, 784)                     3,136
    hidden1 (Dense)                               (n, 300)                   235,200
    norm1 (KerasBatchNorm1d)                      (n, 300)                     1,200
    activation1 (ReLU)                            (n, 300)                         0
    output (Dense)                                (n, 10)                      3,010
    ================================================================================
    Total parameters: 242,546
    Trainable: 240,378
    Non-trainable: 2,168

    Args:
        module: One with an `example_input_array`, as each card has it: a tensor, or several.

    Raises:
        InputError: If it has none.
    """
    example = module.example_input_array
    inputs = example if isinstance(example, tuple) else (example,)
    if not all(isinstance(x, torch.Tensor) for x in inputs):
        name = type(module).__name__
        raise InputError(f"{name} has no example_input_array, an input to see the shapes with")
    module = copy.deepcopy(module).eval()  # hooks and modes are the copy's
    layers = named_layers(getattr(module, "net", module))
    shapes: dict[str, str] = {}

    def keep(name: str, layer: nn.Module, args: object, output: object) -> None:
        if isinstance(output, torch.Tensor):
            shapes[name] = f"({', '.join(['n', *map(str, output.shape[1:])])})"

    for name, layer in layers.items():
        layer.register_forward_hook(partial(keep, name))
    with torch.no_grad():
        module(*inputs)
    total = count_parameters(module)
    return "\n".join(
        [
            _row("Layer (type)", "Output shape", "Parameters"),
            "=" * WIDTH,
            *(
                _row(
                    f"{name} ({type(layer).__name__})",
                    shapes.get(name, ""),
                    f"{count_parameters(layer).total:,}",
                )
                for name, layer in layers.items()
            ),
            "=" * WIDTH,
            f"Total parameters: {total.total:,}",
            f"Trainable: {total.trainable:,}",
            f"Non-trainable: {total.non_trainable:,}",
        ]
    )


def _row(layer: str, shape: str, parameters: str) -> str:
    return f"{layer[:45]:<45} {shape[:21]:<21} {parameters:>12}"
