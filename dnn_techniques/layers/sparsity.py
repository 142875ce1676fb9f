"""Sparse models: dropping the smallest weights of a trained net, and what that costs.

Chapter 11, "Training Sparse Models". The weights that are pruned and counted are the kernels: every
`weight` of two or more dimensions (dense, convolution, embedding), no biases, no batch
normalization. Training with an l1 penalty or FTRL first makes more of them small.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.utils import prune


@dataclass(frozen=True)
class SparsityReport:
    """Shares of weights that are exactly zero, in [0, 1].

    Attributes:
        layers: The share in each layer's kernel, by the layer's name.
        total: The share in all kernels together.
    """

    layers: dict[str, float]
    total: float


def prune_to_fraction(model: nn.Module, fraction: float) -> None:
    """Set the smallest weights to zero for good, so that this fraction of all kernels is zero.

    The layers compete: all kernels are ranked by magnitude together. Exactly
    round(fraction * number of weights) are zeroed, counting those that are zero already.

    Args:
        model: Changed in place.
        fraction: In [0, 1].

    Raises:
        ValueError: If `fraction` is outside [0, 1], or the model has no kernel or one with a
            pruning mask (see `torch.nn.utils.prune.remove`).

    Example:
        >>> net = nn.Sequential(nn.Linear(10, 4), nn.ReLU(), nn.Linear(4, 5))
        >>> prune_to_fraction(net, 0.75)
        >>> sparsity_report(net).total
        0.75
    """
    _check_fraction(fraction)
    _refuse_masks(model)
    kernels = [(layer, "weight") for _, layer, _ in _kernels(model)]
    # torch takes an int as a number of weights: 1 would be one weight, not all.
    prune.global_unstructured(kernels, prune.L1Unstructured, amount=float(fraction))
    for layer, name in kernels:
        prune.remove(layer, name)


def prune_below(model: nn.Module, threshold: float) -> None:
    """Set every weight whose magnitude is below `threshold` to zero for good.

    Args:
        model: Changed in place.
        threshold: Above 0, finite.

    Raises:
        ValueError: If `threshold` is not positive and finite, or the model has no kernel or one
            with a pruning mask (see `torch.nn.utils.prune.remove`).
    """
    if not 0 < threshold < math.inf:
        raise ValueError(f"threshold must be in (0, inf), got {threshold}")
    _refuse_masks(model)
    for _, layer, weight in _kernels(model):
        prune.custom_from_mask(layer, "weight", weight.abs() >= threshold)
        prune.remove(layer, "weight")


def sparsity_report(model: nn.Module) -> SparsityReport:
    """Count the zeros in the kernels of a model.

    Raises:
        ValueError: If the model has no kernel.
    """
    sizes = {name: weight.numel() for name, _, weight in _kernels(model)}
    zeros = {
        name: weight.numel() - int(weight.count_nonzero()) for name, _, weight in _kernels(model)
    }
    return SparsityReport(
        layers={name: zeros[name] / size for name, size in sizes.items()},
        total=sum(zeros.values()) / sum(sizes.values()),
    )


def accuracy_against_sparsity(
    model: nn.Module, evaluate: Callable[[nn.Module], float], fractions: Sequence[float]
) -> list[tuple[float, float]]:
    """Evaluate copies of a model that are pruned ever more.

    Args:
        model: Not changed.
        evaluate: Gives the accuracy (or any other figure) of a model.
        fractions: Fractions of the kernels' weights to prune, each in [0, 1].

    Returns:
        For each fraction the share of zeros that the copy has and its figure. The share is above
        the fraction where more weights are zero already.

    Raises:
        ValueError: As `prune_to_fraction`.
    """
    for fraction in fractions:
        _check_fraction(fraction)
    _refuse_masks(model)
    points = []
    for fraction in fractions:
        pruned = copy.deepcopy(model)
        prune_to_fraction(pruned, fraction)
        points.append((sparsity_report(pruned).total, evaluate(pruned)))
    return points


def kernels_of(model: nn.Module) -> list[Tensor]:
    """The kernels, in the order of the layers.

    Raises:
        ValueError: If the model has none.
    """
    return [weight for _, _, weight in _kernels(model)]


def _kernels(model: nn.Module) -> list[tuple[str, nn.Module, Tensor]]:
    """Return name, layer and kernel of each layer that has one."""
    kernels = []
    for name, layer in model.named_modules():
        weight = getattr(layer, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim >= 2:
            kernels.append((name, layer, weight))
    if not kernels:
        raise ValueError("model must have at least one weight of two or more dimensions, got none")
    return kernels


def _refuse_masks(model: nn.Module) -> None:
    if prune.is_pruned(model):  # a new fraction would count only the weights left by the masks
        raise ValueError("model must have no pruning masks, make them permanent first")


def _check_fraction(fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in [0, 1], got {fraction}")
