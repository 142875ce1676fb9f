"""Gradient clipping by value, by the norm of each variable and by the global norm."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dnn_techniques.checks import check_positive


def clip_by_value(parameters: Iterable[Tensor], clip_value: float) -> None:
    """Clip every component of the gradients to [-clip_value, clip_value], in place.

    This can turn the gradient: [0.9, 100] becomes [0.9, 1] (chapter 11, "Gradient Clipping").
    It is Keras's ``clipvalue``.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([0.9, 100.0])
    >>> clip_by_value([w], 1.0)
    >>> w.grad
    tensor([0.9000, 1.0000])

    Args:
        parameters: Parameters; those without a gradient are left out.
        clip_value: Largest magnitude, above 0.

    Raises:
        ValueError: If `clip_value` is not above 0.
    """
    check_positive(clip_value=clip_value)
    for grad in _gradients(parameters):
        grad.clamp_(-clip_value, clip_value)


def clip_by_norm_per_variable(parameters: Iterable[Tensor], max_norm: float) -> None:
    """Scale each parameter's own gradient to an l2 norm of at most `max_norm`, in place.

    g = g / max(norm(g) / max_norm, 1), which keeps the direction of each gradient. It is
    Keras's ``clipnorm``; torch's `clip_grad_norm_` and Lightning's ``gradient_clip_val`` take the
    norm over all parameters.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([0.9, 100.0])
    >>> clip_by_norm_per_variable([w], 1.0)
    >>> w.grad
    tensor([0.0090, 1.0000])

    Args:
        parameters: Parameters; those without a gradient are left out.
        max_norm: Largest norm, above 0.

    Raises:
        ValueError: If `max_norm` is not above 0.
    """
    check_positive(max_norm=max_norm)
    for grad in _gradients(parameters):
        grad.div_((torch.linalg.vector_norm(grad) / max_norm).clamp(min=1))


def clip_by_global_norm(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    """Scale all gradients together to a joint l2 norm of at most `max_norm`, in place.

    g = g / max(norm(all g) / max_norm, 1). It is Keras's ``global_clipnorm`` (TF 2.4 on).
    torch's `clip_grad_norm_` adds 1e-6 to the norm, which is felt when the norm is small.

    Args:
        parameters: Parameters; those without a gradient are left out.
        max_norm: Largest norm, above 0.

    Returns:
        The norm before the clipping, a scalar.

    Raises:
        ValueError: If `max_norm` is not above 0.
    """
    check_positive(max_norm=max_norm)
    grads = _gradients(parameters)
    norm = torch.nn.utils.get_total_norm(grads)
    for grad in grads:
        grad.div_((norm / max_norm).clamp(min=1).to(grad.device))
    return norm


def _gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    if isinstance(parameters, Tensor):  # one parameter, whose rows have no gradients
        parameters = [parameters]
    return [p.grad.detach() for p in parameters if p.grad is not None]


@dataclass(frozen=True)
class Clipping:
    """One way of clipping, or none; called with parameters, it clips their gradients in place.

    Args:
        value: Clip by this value, above 0.
        norm: Clip each parameter's gradient to this norm, above 0.
        global_norm: Clip all gradients together to this norm, above 0.

    Raises:
        ValueError: If more than one is set, or the one set is not above 0.
    """

    value: float | None = None
    norm: float | None = None
    global_norm: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"at most one of value, norm and global_norm may be set, got {given}")
        check_positive(**given)

    def __call__(self, parameters: Iterable[Tensor]) -> None:
        """Clip the gradients of `parameters` in place."""
        if self.value is not None:
            clip_by_value(parameters, self.value)
        if self.norm is not None:
            clip_by_norm_per_variable(parameters, self.norm)
        if self.global_norm is not None:
            clip_by_global_norm(parameters, self.global_norm)
