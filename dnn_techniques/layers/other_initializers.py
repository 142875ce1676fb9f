"""Keras's initializers that scale no variance: two of fixed width, orthogonal and identity kernels.

Each is called with a weight of shape (out, in, *kernel), fills it in place and returns it, as the
functions of `torch.nn.init` do. Keras names them where the chapter's notebook lists what there is.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dnn_techniques.checks import check_positive


@dataclass(frozen=True)
class RandomNormal:
    """Normal values, not truncated, of a deviation that does not depend on the layer.

    Args:
        mean: Their mean, finite.
        stddev: Their standard deviation, above 0.

    Raises:
        ValueError: If a value is out of range.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        check_positive(stddev=self.stddev)
        if not math.isfinite(self.mean):
            raise ValueError(f"mean must be finite, got {self.mean}")

    def __call__(self, weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Fill `weight` in place, with `generator` or torch's default one."""
        return nn.init.normal_(weight, self.mean, self.stddev, generator=generator)


@dataclass(frozen=True)
class RandomUniform:
    """Uniform values between bounds that do not depend on the layer.

    Args:
        minval: Lower bound.
        maxval: Upper bound, above `minval`.

    Raises:
        ValueError: If the bounds are not finite, or the upper one is not above the lower one.
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        if not -math.inf < self.minval < self.maxval < math.inf:
            raise ValueError(f"minval must be below maxval, got {self.minval} and {self.maxval}")

    def __call__(self, weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Fill `weight` in place, with `generator` or torch's default one."""
        return nn.init.uniform_(weight, self.minval, self.maxval, generator=generator)


@dataclass(frozen=True)
class Orthogonal:
    """A random orthogonal matrix (Saxe, McClelland & Ganguli 2014, arXiv:1312.6120).

    Of a kernel that is not square the shorter side's vectors are orthonormal. It is the Q of the
    QR decomposition of a matrix of normal values, each column with the sign that makes the diagonal
    of R positive, so that all rotations are equally likely. torch's function, which is Keras's.

    Args:
        gain: Factor of the matrix, above 0.

    Raises:
        ValueError: If `gain` is not positive, or a weight has fewer than two dimensions.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        check_positive(gain=self.gain)

    def __call__(self, weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Fill `weight` in place, with `generator` or torch's default one."""
        if weight.ndim < 2:
            raise ValueError(
                f"an orthogonal weight has the shape (out, in, ...), got {tuple(weight.shape)}"
            )
        return nn.init.orthogonal_(weight, self.gain, generator=generator)


@dataclass(frozen=True)
class IdentityKernel:
    """The identity matrix, cut off or filled up with zeros where the kernel is not square.

    Keras calls it ``Identity``; here that is a layer of torch.

    Args:
        gain: Factor of the matrix, above 0.

    Raises:
        ValueError: If `gain` is not positive, or a weight is no matrix.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        check_positive(gain=self.gain)

    def __call__(self, weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Fill `weight` in place; nothing is random."""
        if weight.ndim != 2:
            raise ValueError(
                f"an identity weight has the shape (out, in), got {tuple(weight.shape)}"
            )
        with torch.no_grad():
            return nn.init.eye_(weight).mul_(self.gain)
