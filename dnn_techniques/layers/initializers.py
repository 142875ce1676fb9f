"""Weight initializers with the distributions of Keras.

torch's `kaiming_normal_` is not truncated, its SELU gain is 3/4 and `nn.Linear` draws weights and
biases from U(±1/sqrt(fan_in)); Keras truncates at two standard deviations (and widens the normal
so that the variance after truncation is the wanted one) and starts biases at zero.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from dnn_techniques.checks import check_positive
from dnn_techniques.layers.other_initializers import (
    IdentityKernel,
    Orthogonal,
    RandomNormal,
    RandomUniform,
)

# Standard deviation of a standard normal that is truncated to [-2, 2].
TRUNCATED_STD = 0.87962566103423978

Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["uniform", "truncated_normal", "untruncated_normal"]


@dataclass(frozen=True)
class VarianceScaling:
    """Fill a weight with zero-mean values of variance ``scale / n``.

    `n` is the fan named by `mode`. Called with a weight of shape (out, in, *kernel), it fills that
    weight in place and returns it, as the functions of `torch.nn.init` do.

    The named initializers of the book (chapter 11, table "Initialization parameters for each type
    of activation function") are instances: `glorot_uniform`, `glorot_normal` (Glorot & Bengio 2010;
    none, tanh, logistic, softmax), `he_uniform`, `he_normal` (He et al. 2015; ReLU and variants),
    `lecun_uniform`, `lecun_normal` (LeCun et al. 1998; SELU).

    Args:
        scale: Factor of the variance, above 0.
        mode: Which fan divides it.
        distribution: ``uniform`` within ±sqrt(3 scale / n), ``truncated_normal`` cut at two
            standard deviations of the wider normal, ``untruncated_normal``.

    Raises:
        ValueError: If `scale` is not positive, `mode` or `distribution` is unknown, or a weight has
            fewer than two dimensions.
    """

    scale: float = 1.0
    mode: Mode = "fan_in"
    distribution: Distribution = "truncated_normal"

    def __post_init__(self) -> None:
        check_positive(scale=self.scale)
        if self.mode not in get_args(Mode):
            raise ValueError(f"mode must be one of {get_args(Mode)}, got {self.mode!r}")
        if self.distribution not in get_args(Distribution):
            raise ValueError(
                f"distribution must be one of {get_args(Distribution)}, got {self.distribution!r}"
            )

    def __call__(self, weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Fill `weight` in place, with `generator` or torch's default one."""
        width = self.width(weight)
        if self.distribution == "uniform":
            return nn.init.uniform_(weight, -width, width, generator=generator)
        if self.distribution == "untruncated_normal":
            return nn.init.normal_(weight, 0.0, width, generator=generator)
        return nn.init.trunc_normal_(
            weight, std=width, a=-2 * width, b=2 * width, generator=generator
        )

    def width(self, weight: Tensor) -> float:
        """Limit of the uniform distribution, or standard deviation of the normal one uncut."""
        std = math.sqrt(self.scale / self._fan(weight))
        factor = {"uniform": math.sqrt(3), "truncated_normal": 1 / TRUNCATED_STD}
        return std * factor.get(self.distribution, 1.0)

    def _fan(self, weight: Tensor) -> float:
        if weight.ndim < 2:
            raise ValueError(
                f"a fan needs a weight of shape (out, in, ...), got {tuple(weight.shape)}"
            )
        kernel = math.prod(weight.shape[2:])
        fan_out, fan_in = weight.shape[0] * kernel, weight.shape[1] * kernel
        return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]


glorot_uniform = VarianceScaling(1, "fan_avg", "uniform")
glorot_normal = VarianceScaling(1, "fan_avg", "truncated_normal")
he_uniform = VarianceScaling(2, "fan_in", "uniform")
he_normal = VarianceScaling(2, "fan_in", "truncated_normal")
lecun_uniform = VarianceScaling(1, "fan_in", "uniform")
lecun_normal = VarianceScaling(1, "fan_in", "truncated_normal")

# By Keras's names, each with Keras's defaults.
INITIALIZERS: dict[str, Callable[[Tensor], Tensor]] = {
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "random_normal": RandomNormal(),
    "random_uniform": RandomUniform(),
    "orthogonal": Orthogonal(),
    "identity": IdentityKernel(),
}
