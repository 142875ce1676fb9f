"""The dense layer as Keras makes it."""

from collections.abc import Callable

from torch import Tensor, nn

from dnn_techniques.layers.initializers import glorot_uniform


class Dense(nn.Linear):
    """A linear layer whose kernel an initializer fills and whose bias starts at zero.

    Maps (n, in_features) to (n, out_features). `nn.Linear` would draw both from
    U(±1/sqrt(in_features)).

    Args:
        in_features: Number of inputs.
        out_features: Number of units.
        initializer: Fills the kernel in place.
        bias: Whether there is one.

    Attributes:
        initializer: The same; a replay asks for it.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        initializer: Callable[[Tensor], object] = glorot_uniform,
        bias: bool = True,
    ) -> None:
        super().__init__(in_features, out_features, bias=bias)
        self.initializer = initializer
        initializer(self.weight)
        if bias:
            nn.init.zeros_(self.bias)
