"""The multilayer perceptron that every experiment of the chapter varies."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from torch import Tensor, nn

from dnn_techniques.layers.activations import make_activation
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.dense import Dense
from dnn_techniques.layers.initializers import glorot_uniform


class MLP(nn.Sequential):
    """Flatten, hidden dense layers and a dense output layer that returns logits.

    Maps (n, *) with `in_features` values a sample to (n, out_features). The dense layers are called
    ``hidden1``, ``hidden2``, ... and ``output``, the others ``flatten``, ``norm0`` (on the inputs),
    ``norm1`` and ``activation1`` (of ``hidden1``), ``dropout0`` (of the inputs) and so on.

    Args:
        in_features: Number of values in a sample.
        hidden: Widths of the hidden layers, may be empty.
        out_features: Number of logits.
        activation: Name in `ACTIVATIONS`, or what makes the activation for a number of units.
        initializer: Fills each hidden kernel in place. Biases start at zero, as in Keras.
        output_initializer: Fills the output kernel. The documents' nets name an initializer for
            their hidden layers only, so that the output layer has Keras's default.
        norm: Batch normalization ``before`` or ``after`` each activation, or ``none``. A layer
            whose output is normalized ``before`` its activation has no bias: the normalization
            would subtract it again (chapter 11, "Batch Normalization").
        norm_bias: Give such a layer a bias all the same.
        norm_first: Normalize the inputs with a batch normalization layer too.
        norm_decay: Share of its moving averages that a step of batch normalization keeps.
        dropout: Makes a dropout layer, for the inputs and before every other dense layer.
        first_dropout: Number of hidden layers that come before the first dropout layer.

    Raises:
        ValueError: If a size is below 1, or the norm or activation is unknown.
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
        dropout: Callable[[], nn.Module] | None = None,
        output_initializer: Callable[[Tensor], object] = glorot_uniform,
        norm_decay: float = 0.99,
        norm_bias: bool = False,
        first_dropout: int = 0,
    ) -> None:
        if norm not in ("none", "before", "after"):
            raise ValueError(f"norm must be none, before or after, got {norm!r}")
        for name, size in [
            ("in_features", in_features),
            *(("hidden", units) for units in hidden),
            ("out_features", out_features),
        ]:
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        super().__init__()
        make = activation if callable(activation) else partial(make_activation, activation)
        self.add_module("flatten", nn.Flatten())
        if norm_first:
            self.add_module("norm0", KerasBatchNorm1d(in_features, norm_decay))
        width = in_features
        for i, units in enumerate(hidden, start=1):
            if dropout is not None and i > first_dropout:
                self.add_module(f"dropout{i - 1}", dropout())
            dense = Dense(width, units, initializer, bias=norm_bias or norm != "before")
            self.add_module(f"hidden{i}", dense)
            if norm == "before":
                self.add_module(f"norm{i}", KerasBatchNorm1d(units, norm_decay))
            self.add_module(f"activation{i}", make(units))
            if norm == "after":
                self.add_module(f"norm{i}", KerasBatchNorm1d(units, norm_decay))
            width = units
        if dropout is not None:
            self.add_module(f"dropout{len(hidden)}", dropout())
        self.add_module("output", Dense(width, out_features, output_initializer))

    @property
    def activations(self) -> list[nn.Module]:
        """The activations of the hidden layers, in order."""
        return [m for name, m in self.named_children() if name.startswith("activation")]
