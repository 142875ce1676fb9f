"""Folding a trained batch normalization into the dense layer next to it."""

import copy
from typing import TypeGuard

from torch import Tensor, nn


def fold_batch_norm(model: nn.Sequential) -> nn.Sequential:
    """Return a copy for inference in which dense layers do the work of batch normalization.

    In inference batch normalization is an affine map of each feature (chapter 11, "Batch
    Normalization"): BN(x) = s x + t with s = gamma / sqrt(variance + eps) and t = beta - s mean.
    So it merges with the dense layer (weight W, bias b, or 0) that it touches:

    - dense, then BN: W' = diag(s) W, b' = s b + t;
    - BN (after an activation or on the inputs), then dense: W' = W diag(s), b' = b + W t.

    The outputs stay equal up to float32 rounding. What has no such neighbour stays in place: BN
    before the output or before a dropout layer (which would then drop other values), without
    moving statistics, or beside a dense layer whose weight is computed (pruned, parametrized).

    Args:
        model: Layers in a row on inputs (n, features) or with a flatten layer first; the layers of
            nested containers are left as they are. On sequences (n, channels, length) the result
            would be wrong: batch normalization scales the channels there, dense layers mix the
            length.

    Returns:
        A new net in inference mode, with layers numbered anew; `model` is not changed.

    Example:
        >>> net = nn.Sequential(nn.Linear(4, 3, bias=False), nn.BatchNorm1d(3), nn.ReLU())
        >>> fold_batch_norm(net)
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
        )
    """
    folded: list[nn.Module] = []
    for layer in copy.deepcopy(model):
        last = folded[-1] if folded else None
        if _is_dense(last) and _is_norm(layer) and last.out_features == layer.num_features:
            scale, shift = _affine(layer)
            folded[-1] = _dense(last, scale[:, None] * last.weight, scale * _bias(last) + shift)
        elif _is_norm(last) and _is_dense(layer) and last.num_features == layer.in_features:
            scale, shift = _affine(last)
            folded[-1] = _dense(
                layer, layer.weight * scale, _bias(layer) + layer.weight.double() @ shift
            )
        else:
            folded.append(layer)
    return nn.Sequential(*folded).eval()


def _is_dense(layer: nn.Module | None) -> TypeGuard[nn.Linear]:
    return isinstance(layer, nn.Linear) and isinstance(layer.weight, nn.Parameter)


def _is_norm(layer: nn.Module | None) -> TypeGuard[nn.BatchNorm1d]:
    return isinstance(layer, nn.BatchNorm1d) and layer.running_mean is not None


def _affine(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Return scale and shift in float64."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    if norm.weight is not None:  # gamma and beta are absent with affine=False
        scale = scale * norm.weight.double()
    shift = -scale * norm.running_mean.double()
    if norm.bias is not None:
        shift = shift + norm.bias.double()
    return scale, shift


def _bias(dense: nn.Linear) -> Tensor | float:
    return 0.0 if dense.bias is None else dense.bias.double()


def _dense(like: nn.Linear, weight: Tensor, bias: Tensor) -> nn.Linear:
    dense = copy.deepcopy(like)
    dense.weight = nn.Parameter(weight.detach().to(like.weight.dtype))
    dense.bias = nn.Parameter(bias.detach().to(like.weight.dtype))
    return dense
