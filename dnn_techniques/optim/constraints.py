"""Max-norm: a bound on the weights that feed each unit."""

from dataclasses import dataclass

import torch
from torch import nn

from dnn_techniques.checks import check_positive
from dnn_techniques.optim.kernels import kernels

EPSILON = 1e-7  # Keras adds it to the norm that it divides by


@dataclass(frozen=True)
class MaxNorm:
    """Scale kernels so that their l2 norms along `axis` are at most `max_value`.

    w = w clip(n, 0, max_value) / (1e-7 + n), to be called after each optimizer step. It is Keras's
    ``max_norm``; `torch.renorm` differs by less than 1e-7. The idea is from Hinton et al. 2012.

    Axes are those of Keras's kernels, (in, out) for a dense layer and (height, width, in, out) for
    a convolution. The default, 0, bounds the incoming weights of each unit of a dense layer; the
    same for the filters of a convolution needs ``axis=(0, 1, 2)``, and 1 on a dense layer bounds
    the outgoing weights instead (chapter 11, "Max-Norm Regularization"). None of these mistakes
    shows in the metrics.

    >>> layer = nn.Linear(2, 2)
    >>> _ = layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.3, 0.4]]))
    >>> MaxNorm(1.0)(layer)
    >>> layer.weight.data
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])

    Args:
        max_value: Largest norm, above 0.
        axis: Axis or axes of Keras's kernel that a norm sums over.
        pattern: Names of the layers it is for, see `kernels`; all by default.

    Raises:
        ValueError: If `max_value` is not above 0; when called, if no layer matches `pattern`.
        IndexError: When called, if a kernel has no such axis.
    """

    max_value: float = 1.0
    axis: int | tuple[int, ...] = 0
    pattern: str = "*"

    def __post_init__(self) -> None:
        check_positive(max_value=self.max_value)

    @torch.no_grad()
    def __call__(self, module: nn.Module) -> None:
        """Scale the kernels of `module` in place, but not frozen ones, as in Keras."""
        for weight in kernels(module, self.pattern):
            if not weight.requires_grad:
                continue
            # torch has (out, in, height, width); the view shares its memory.
            w = weight.permute(*range(2, weight.ndim), 1, 0)
            norm = torch.linalg.vector_norm(w, dim=self.axis, keepdim=True)
            w.mul_(norm.clamp(max=self.max_value) / (EPSILON + norm))
