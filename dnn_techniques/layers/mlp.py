"""The multilayer perceptron that every experiment of the chapter varies."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from torch import Tensor, nn

from dnn_techniques.layers.activations import make_activation
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.initializers import glorot_uniform


class MLP(nn.Sequential):
    """Flatten, hidden dense layers and a dense output layer that returns logits.

    Maps (n, *) with `in_features` values a sample to (n, out_features).

    Args:
        in_features: Number of values in a sample.
        hidden: Widths of the hidden layers, may be empty.
        out_features: Number of logits.
        activation: Name in `ACTIVATIONS`, or what makes the activation for a number of units.
        initializer: Fills each kernel in place. Biases start at zero, as in Keras.
        norm: Batch normalization ``before`` or ``after`` each activation, or ``none``. A layer
            whose output is normalized ``before`` its activation has no bias: the normalization
            would subtract it again (chapter 11, "Batch Normalization").
        norm_first: Normalize the inputs with a batch normalization layer too.
    """

    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int],
        out_features: int,
        activation: str | Callable[[int], nn.Module] = "relu",
        initializer: Callable[[Tensor], object] = glorot_uniform,
        norm: Literal["none", "before", "after"] = "none",
        norm_first: bool = False,
    ) -> None:
        if norm not in ("none", "before", "after"):
            raise ValueError(f"norm must be none, before or after, got {norm!r}")
        make = activation if callable(activation) else partial(make_activation, activation)
        layers: list[nn.Module] = [nn.Flatten()]
        if norm_first:
            layers.append(KerasBatchNorm1d(in_features))
        width = in_features
        for units in hidden:
            layers.append(_dense(width, units, initializer, bias=norm != "before"))
            if norm == "before":
                layers.append(KerasBatchNorm1d(units))
            layers.append(make(units))
            if norm == "after":
                layers.append(KerasBatchNorm1d(units))
            width = units
        layers.append(_dense(width, out_features, initializer, bias=True))
        super().__init__(*layers)


def _dense(
    in_features: int, out_features: int, initializer: Callable[[Tensor], object], bias: bool
) -> nn.Linear:
    layer = nn.Linear(in_features, out_features, bias=bias)
    initializer(layer.weight)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
