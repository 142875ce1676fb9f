"""Dropout and alpha dropout, in training and, as Monte Carlo dropout, in inference.

Chapter 11, "Dropout" and "Monte Carlo (MC) Dropout"; Gal & Ghahramani 2016, arXiv:1506.02142.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.checks import check_fraction

DROPOUT_LAYERS = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)


class Dropout(nn.Dropout):
    """Dropout (Srivastava et al. 2014) in training: x / (1 - rate), or 0 with probability rate.

    torch's layer, which is exact to Keras's, with the rate checked: torch takes 1 too, with which
    nothing gets through. Input and output have the same shape, any.

    Args:
        rate: Share of the values to drop, in [0, 1).

    Raises:
        ValueError: If `rate` is not in [0, 1).
    """

    def __init__(self, rate: float = 0.5) -> None:
        check_fraction(rate=rate)
        super().__init__(rate)


class AlphaDropout(nn.AlphaDropout):
    """Alpha dropout (Klambauer et al. 2017) in training, for nets with SELU.

    A value becomes alpha' = -1.7580993 (the limit of SELU at minus infinity) with probability rate,
    then all are mapped to a x + b, which keeps mean 0 and variance 1:
    a = ((1 - rate) (1 + rate alpha'^2))^(-1/2), b = -a alpha' rate. torch's layer, which is exact
    to Keras's, with the rate checked. Input and output have the same shape, any.

    Args:
        rate: Share of the values to drop, in [0, 1).

    Raises:
        ValueError: If `rate` is not in [0, 1).
    """

    def __init__(self, rate: float = 0.5) -> None:
        check_fraction(rate=rate)
        super().__init__(rate)


class MCDropout(Dropout):
    """`Dropout` in every mode.

    With it in the net, `model.eval()` is a Monte Carlo dropout mode in which batch normalization
    uses its moving statistics. Input and output have the same shape, any.

    Args:
        rate: Share of the values to drop, in [0, 1).

    Raises:
        ValueError: If `rate` is not in [0, 1).

    Example:
        >>> import torch
        >>> bool((MCDropout(0.5).eval()(torch.ones(1000)) == 0).any())
        True
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, whatever the mode."""
        return F.dropout(input, self.p, training=True)


class MCAlphaDropout(AlphaDropout):
    """`AlphaDropout` in every mode.

    With it in the net, `model.eval()` is a Monte Carlo dropout mode in which batch normalization
    uses its moving statistics. Input and output have the same shape, any.

    Args:
        rate: Share of the values to drop, in [0, 1).

    Raises:
        ValueError: If `rate` is not in [0, 1).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, whatever the mode."""
        return F.alpha_dropout(input, self.p, training=True)


@contextmanager
def mc_dropout(module: nn.Module) -> Iterator[None]:
    """Put a net into inference mode with its dropout layers dropping, for the length of a block.

    `module.train()` would do that too, but it would also move the statistics of batch
    normalization. At the end of the block, also after an exception, each layer has the mode that
    it had before. A Lightning `Trainer` sets modes itself: enter the block inside its hooks, not
    around it.

    Args:
        module: A net with at least one dropout layer (any of `DROPOUT_LAYERS`). Dropout inside
            other layers (attention, recurrent layers) stays off.

    Raises:
        ValueError: If the net has no dropout layer.

    Example:
        >>> net = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))
        >>> with mc_dropout(net):
        ...     print([layer.training for layer in net])
        [False, True]
    """
    dropouts = [m for m in module.modules() if isinstance(m, DROPOUT_LAYERS)]
    if not dropouts:
        raise ValueError("module must have at least one dropout layer, got none")
    modes = [(m, m.training) for m in module.modules()]
    try:
        module.eval()
        for dropout in dropouts:
            dropout.train()
        yield
    finally:
        for m, training in modes:
            m.training = training
