"""Gradients of a net by the chain rule, layer by layer, without a record of every operation.

Autograd writes down each operation and walks back over its notes, which for the chapter's small
layers takes about as long as the arithmetic. A sequential net needs no notes: its layers are known,
and so are their derivatives (Rumelhart, Hinton & Williams, "Learning Representations by
Back-propagating Errors", 1986).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dnn_techniques.layers.dense import Dense

_aten = torch.ops.aten
# How `nll_loss` reduces, and the label that it leaves out.
_MEAN, _IGNORED = 1, -100


class Backprop:
    """Forward and backward pass of a training step.

    The gradients are added to ``parameter.grad``, as `Tensor.backward` does. Dense layers and the
    common activations have their derivatives written out, any other layer is left to autograd; so
    is a net that is not sequential. The weights may change between two steps, the layers not.

    Args:
        net: The net.
    """

    def __init__(self, net: nn.Module) -> None:
        layers = list(_flat(net))
        trained = [any(p.requires_grad for p in layer.parameters()) for layer in layers]
        first = trained.index(True) if True in trained else len(layers)
        # Before the first layer that is trained nobody asks for the inputs' gradients.
        self.rules = [_rule(layer, i > first) for i, layer in enumerate(layers)]
        self.first = first

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """The net's output, detached."""
        for rule in self.rules:
            x = rule.forward(x)
        return x

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Add the gradients of the parameters.

        Args:
            gradient: That of the output of the latest `forward`.
        """
        for rule in reversed(self.rules[self.first :]):
            gradient = rule.backward(gradient)


@torch.no_grad()
def cross_entropy_with_gradient(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy in nats, a scalar, and its gradient, (n, classes).

    The operators are those of `torch.nn.functional.cross_entropy` and of its derivative.

    Args:
        logits: (n, classes).
        labels: Classes, int64, (n,).
    """
    log_p = _aten._log_softmax.default(logits, 1, False)
    loss, weight = _aten.nll_loss_forward.default(log_p, labels, None, _MEAN, _IGNORED)
    gradient = _aten.nll_loss_backward.default(
        torch.ones_like(loss), log_p, labels, None, _MEAN, _IGNORED, weight
    )
    return loss, _aten._log_softmax_backward_data.default(gradient, log_p, 1, logits.dtype)


def _flat(net: nn.Module) -> list[nn.Module]:
    """The layers of nested sequences in order; anything else is one layer."""
    if type(net).forward is not nn.Sequential.forward:
        return [net]
    return [layer for child in net.children() for layer in _flat(child)]


class _Rule(ABC):
    """A layer's part of both passes.

    Args:
        layer: The layer.
        onward: Whether the gradient of its input is needed.
    """

    def __init__(self, layer: nn.Module, onward: bool) -> None:
        self.layer: Any = layer
        self.onward = onward
        self.y = torch.empty(0)

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """The output, and keep what `backward` needs."""

    @abstractmethod
    def backward(self, gradient: Tensor) -> Tensor:
        """From the output's gradient the input's; add the parameters' gradients."""


class _Recorded(_Rule):
    """Any layer, by autograd."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            self.x = x.detach().requires_grad_(self.onward)
            # A leaf may not be changed in place.
            inplace = getattr(self.layer, "inplace", False)
            self.y = self.layer(self.x.clone() if inplace else self.x)
        return self.y.detach()

    def backward(self, gradient: Tensor) -> Tensor:
        if self.y.requires_grad:
            self.y.backward(gradient)
        onward: Tensor | None = self.x.grad
        return gradient if onward is None else onward


class _Flatten(_Rule):
    def forward(self, x: Tensor) -> Tensor:
        self.shape = x.shape
        y: Tensor = self.layer(x)
        return y

    def backward(self, gradient: Tensor) -> Tensor:
        return gradient.reshape(self.shape)


class _Dense(_Rule):
    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        weight, bias = self.layer.weight, self.layer.bias
        return torch.mm(x, weight.t()) if bias is None else torch.addmm(bias, x, weight.t())

    def backward(self, gradient: Tensor) -> Tensor:
        weight, bias = self.layer.weight, self.layer.bias
        if weight.requires_grad:
            if weight.grad is None:
                weight.grad = torch.mm(gradient.t(), self.x)
            else:
                weight.grad.addmm_(gradient.t(), self.x)
        if bias is not None and bias.requires_grad:
            total = gradient.sum(dim=0)
            bias.grad = total if bias.grad is None else bias.grad.add_(total)
        return torch.mm(gradient, weight) if self.onward else gradient


class _Activation(_Rule):
    """An activation whose derivative is known from its output."""

    def __init__(self, layer: nn.Module, onward: bool) -> None:
        super().__init__(layer, onward)
        self.derivative = _DERIVATIVES[type(layer)](layer)

    def forward(self, x: Tensor) -> Tensor:
        self.y = self.layer(x)
        return self.y

    def backward(self, gradient: Tensor) -> Tensor:
        onward: Tensor = self.derivative(gradient, self.y)
        return onward


Derivative = Callable[[Tensor, Tensor], Tensor]


def _elu(alpha: float, scale: float) -> Derivative:
    return lambda g, y: _aten.elu_backward.default(g, alpha, scale, 1.0, True, y)


# What maps the gradient and value of an activation's output to the gradient of its input.
_DERIVATIVES: dict[type[nn.Module], Callable[[Any], Derivative]] = {
    nn.ReLU: lambda layer: lambda g, y: _aten.threshold_backward.default(g, y, 0),
    nn.LeakyReLU: lambda layer: (
        lambda g, y: _aten.leaky_relu_backward.default(g, y, layer.negative_slope, True)
    ),
    nn.ELU: lambda layer: _elu(layer.alpha, 1.0),
    nn.SELU: lambda layer: _elu(1.6732632423543772848, 1.0507009873554804934),
    nn.Tanh: lambda layer: lambda g, y: _aten.tanh_backward.default(g, y),
    nn.Sigmoid: lambda layer: lambda g, y: _aten.sigmoid_backward.default(g, y),
}


def _rule(layer: nn.Module, onward: bool) -> _Rule:
    kind: type[_Rule] = _Recorded
    if layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks:
        pass
    elif type(layer) in (nn.Linear, Dense):
        kind = _Dense
    elif type(layer) in _DERIVATIVES and not getattr(layer, "inplace", False):
        kind = _Activation
    elif type(layer) is nn.Flatten:
        kind = _Flatten
    return kind(layer, onward)
