"""Mean and standard deviation of the signal through the layers of a deep stack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dnn_techniques.layers.activations import make_activation
from dnn_techniques.layers.elu import ELU, SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.inputs_of import inputs_of


@dataclass(frozen=True)
class SignalStatistics:
    """Statistics after each layer: over the samples of each unit, then averaged over the units.

    Attributes:
        mean: Shape (depth,).
        std: Shape (depth,), biased (divided by the number of samples).
    """

    mean: np.ndarray
    std: np.ndarray


def self_normalization(
    depth: int = 1000,
    units: int = 100,
    samples: int = 500,
    activation: str = "selu",
    initializer: Callable[[Tensor, torch.Generator], object] | None = None,
    seed: int = 42,
) -> SignalStatistics:
    """Push standard normal inputs through `depth` dense layers without biases.

    With the default arguments it draws the same numbers as the chapter's notebook (section "SELU")
    and gives its table. Layers with SELU and LeCun's variance keep mean 0 and standard deviation 1
    (Klambauer et al. 2017), others let the signal vanish or explode. Computed in float64.

    Args:
        depth: Number of layers, at least 1.
        units: Width of the inputs and of each layer, at least 1.
        samples: Number of inputs, at least 1.
        activation: A name in `ACTIVATIONS`; taken in inference mode.
        initializer: Fills a (units, units) weight in place from a generator, as those of
            `dnn_techniques.layers.initializers` do. By default the notebook's: a normal of variance
            1 / units that is not truncated, from the NumPy stream that drew the inputs.
        seed: Seeds all draws.

    Raises:
        ValueError: If a size is below 1 or the activation is unknown.

    Example:
        >>> signal = self_normalization(depth=101)
        >>> print(f"{signal.mean[100]:.2f} {signal.std[100]:.2f}")
        0.02 0.96
    """
    for name, value in (("depth", depth), ("units", units), ("samples", samples)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    function: Callable[[Tensor], Tensor] = make_activation(activation, units).double().eval()
    if activation == "selu":  # the notebook's, which multiplies last; TensorFlow's rounds elsewhere
        elu = ELU(SELU_ALPHA)
        function = lambda z: SELU_SCALE * elu(z)  # noqa: E731
    # The legacy stream, because it is the one that np.random.seed(42) sets.
    stream = np.random.RandomState(seed)
    generator = torch.Generator().manual_seed(seed)
    signal = torch.from_numpy(stream.normal(size=(samples, units)))
    weight = torch.empty(units, units, dtype=torch.float64)
    means, stds = np.empty(depth), np.empty(depth)
    with torch.no_grad():
        for layer in range(depth):
            if initializer is None:
                drawn = stream.normal(scale=np.sqrt(1 / units), size=(units, units))
                weight = torch.from_numpy(drawn).T  # the notebook's kernels are (in, out)
            else:
                initializer(weight, generator)
            signal = function(signal @ weight.T)
            means[layer], stds[layer] = _moments(signal)
    return SignalStatistics(means, stds)


def signal_statistics(net: nn.Module, layers: Sequence[nn.Module], x: Tensor) -> SignalStatistics:
    """Measure what reaches some layers of a net, in the mode that the net is in.

    Args:
        net: Takes `x`.
        layers: Some of its layers, each called once, in the order of the pass.
        x: Inputs, (n, *).

    Returns:
        Statistics of the input of each layer, (n, units).
    """
    # To the CPU first: Apple's MPS has no float64.
    moments = [_moments(signal.cpu().double()) for signal in inputs_of(net, layers, x)]
    means, stds = np.array(moments).T
    return SignalStatistics(means, stds)


def _moments(signal: Tensor) -> tuple[float, float]:
    """Mean and standard deviation over the samples of each unit, (n, units), averaged over them."""
    return signal.mean().item(), signal.std(dim=0, correction=0).mean().item()
