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

from dnn_techniques.layers.activations import SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.dense import Dense

_aten = torch.ops.aten
# How `nll_loss` reduces, and the label that it leaves out.
_MEAN, _IGNORED = 1, -100


class Backprop:
    """Forward and backward pass of a training step.

    The gradients are added to ``parameter.grad``, as `Tensor.backward` does. Dense layers and the
    common activations have their derivatives written out, any other layer is left to autograd; so
    is a net that is not sequential. Between two steps the weights may change, in place, but nothing
    that `describe_layers` tells.

    Args:
        net: The net.
        by_layers: Leave all of it to autograd, as one layer, if not.
    """

    def __init__(self, net: nn.Module, by_layers: bool = True) -> None:
        layers = _flat(net) if by_layers else [net]
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
        self._back(gradient, None)

    @torch.no_grad()
    def descend(self, gradient: Tensor, lr: float) -> None:
        """Make a step of plain gradient descent without storing the parameters' gradients.

        A dense layer's weights and their change go through the memory once instead of three times.

        Args:
            gradient: That of the output of the latest `forward`.
            lr: Learning rate.
        """
        self._back(gradient, lr)

    def _back(self, gradient: Tensor, lr: float | None) -> None:
        for rule in reversed(self.rules[self.first :]):
            onward = rule.backward(gradient, lr)
            if onward is None:
                return
            gradient = onward


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


def describe_layers(net: nn.Module) -> list[object]:
    """What a `Backprop` of a net is made for: its layers, their mode and hooks, what is trained."""
    layers = [(id(m), m.training, _hooked(m)) for m in net.modules()]
    return [*layers, *((id(p), p.data_ptr(), p.requires_grad) for p in net.parameters())]


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
    def backward(self, gradient: Tensor, lr: float | None) -> Tensor | None:
        """From the output's gradient the input's, None if there is none.

        Without a rate the parameters' gradients are added to theirs, with one the parameters move
        against them.
        """


def _apply(parameter: Tensor, gradient: Tensor, lr: float | None) -> None:
    """Add the gradient to the parameter's, or move the parameter against it."""
    if lr is not None:
        parameter.sub_(gradient, alpha=lr)
    elif parameter.grad is None:
        parameter.grad = gradient
    else:
        parameter.grad.add_(gradient)


class _Recorded(_Rule):
    """Any layer, by autograd."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            self.x = x.detach().requires_grad_(self.onward)
            # A leaf may not be changed in place.
            inplace = getattr(self.layer, "inplace", False)
            self.y = self.layer(self.x.clone() if inplace else self.x)
        return self.y.detach()

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor | None:
        if self.y.requires_grad:
            self.y.backward(gradient)
            self.y = self.y.detach()  # lets go of what autograd noted
        if lr is not None:
            for parameter in self.layer.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=lr)
                    parameter.grad = None
        return self.x.grad


class _Flatten(_Rule):
    def forward(self, x: Tensor) -> Tensor:
        self.shape = x.shape
        y: Tensor = self.layer(x)
        return y

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor:
        return gradient.reshape(self.shape)


class _Dense(_Rule):
    def __init__(self, layer: nn.Module, onward: bool) -> None:
        super().__init__(layer, onward)
        # Modules look their parameters up slowly; the views share the parameters' memory.
        self.weight: Tensor = self.layer.weight
        self.bias: Tensor | None = self.layer.bias
        self.values = self.weight.detach()
        self.transposed = self.values.t()
        self.ones = self.values.new_ones(0)

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        if self.bias is None:
            return torch.mm(x, self.transposed)
        return torch.addmm(self.bias, x, self.transposed)

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor:
        onward = torch.mm(gradient, self.values) if self.onward else gradient
        if self.weight.requires_grad:
            if lr is not None:
                self.values.addmm_(gradient.t(), self.x, alpha=-lr)
            elif self.weight.grad is None:
                self.weight.grad = torch.mm(gradient.t(), self.x)
            else:
                self.weight.grad.addmm_(gradient.t(), self.x)
        if self.bias is not None and self.bias.requires_grad:
            if lr is None:
                _apply(self.bias, gradient.sum(dim=0), None)
            else:
                if len(self.ones) != len(gradient):
                    self.ones = gradient.new_ones(len(gradient))
                # The sum over the samples and the step in one operator.
                self.bias.addmv_(gradient.t(), self.ones, alpha=-lr)
        return onward


class _BatchNorm(_Recorded):
    """Keras's batch normalization of (n, features) in training; all else is left to autograd."""

    def forward(self, x: Tensor) -> Tensor:
        layer = self.layer
        self.known = layer.training and x.ndim == 2
        if not self.known:
            return super().forward(x)
        self.x = x
        y, self.mean, self.inverse_std = _aten.native_batch_norm.default(
            x, layer.weight, layer.bias, None, None, True, 0.0, layer.eps
        )
        layer.running_mean.lerp_(self.mean, 1 - layer.decay)
        variance = self.inverse_std.square().reciprocal_().sub_(layer.eps)  # of the batch, biased
        layer.running_var.lerp_(variance.clamp_(min=0), 1 - layer.decay)
        normalized: Tensor = y
        return normalized

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor | None:
        if not self.known:
            return super().backward(gradient, lr)
        weight, bias = self.layer.weight, self.layer.bias
        wanted = [self.onward, weight.requires_grad, bias.requires_grad]
        onward, *changes = _aten.native_batch_norm_backward.default(
            gradient,
            self.x,
            weight,
            None,
            None,
            self.mean,
            self.inverse_std,
            True,
            self.layer.eps,
            wanted,
        )
        for parameter, change in zip((weight, bias), changes, strict=True):
            if parameter.requires_grad:
                _apply(parameter, change, lr)
        return onward if self.onward else gradient


class _Activation(_Rule):
    """An activation whose derivative is known from its output."""

    def __init__(self, layer: nn.Module, onward: bool) -> None:
        super().__init__(layer, onward)
        self.derivative = _DERIVATIVES[type(layer)](layer)

    def forward(self, x: Tensor) -> Tensor:
        self.y = self.layer(x)
        return self.y

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor:
        return self.derivative(gradient, self.y)


Derivative = Callable[[Tensor, Tensor], Tensor]

# What maps the gradient and value of an activation's output to the gradient of its input.
_DERIVATIVES: dict[type[nn.Module], Callable[[Any], Derivative]] = {
    nn.ReLU: lambda layer: lambda g, y: _aten.threshold_backward.default(g, y, 0),
    nn.LeakyReLU: lambda layer: (
        lambda g, y: _aten.leaky_relu_backward.default(g, y, layer.negative_slope, True)
    ),
    nn.Tanh: lambda layer: lambda g, y: _aten.tanh_backward.default(g, y),
    nn.Sigmoid: lambda layer: lambda g, y: _aten.sigmoid_backward.default(g, y),
}


class _ELU(_Rule):
    """ELU and SELU by exp(z) - 1, as TensorFlow computes them.

    torch takes expm1, with which a replay of schedules/one_cycle ends further from the printed
    figures. On a GPU, where every kernel costs more than its arithmetic, torch's one is taken.
    """

    def __init__(self, layer: nn.Module, onward: bool) -> None:
        super().__init__(layer, onward)
        is_selu = type(layer) is nn.SELU
        self.alpha: float = SELU_ALPHA if is_selu else self.layer.alpha
        self.scale = SELU_SCALE if is_selu else 1.0

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cuda:
            self.y = _aten.elu.default(x, self.alpha, self.scale)
            return self.y
        negative = x.exp().clamp_(max=1).sub_(1)  # 0 where x is positive
        self.y = x.clamp(min=0).mul_(self.scale).add_(negative, alpha=self.alpha * self.scale)
        return self.y

    def backward(self, gradient: Tensor, lr: float | None) -> Tensor:
        onward: Tensor = _aten.elu_backward.default(
            gradient, self.alpha, self.scale, 1.0, True, self.y
        )
        return onward


def _rule(layer: nn.Module, onward: bool) -> _Rule:
    kind: type[_Rule] = _Recorded
    if _hooked(layer):
        pass
    elif type(layer) in (nn.Linear, Dense):
        kind = _Dense
    elif getattr(layer, "inplace", False):
        pass
    elif type(layer) in _DERIVATIVES:
        kind = _Activation
    elif type(layer) in (nn.ELU, nn.SELU):
        kind = _ELU
    elif type(layer) is KerasBatchNorm1d:
        kind = _BatchNorm
    elif type(layer) is nn.Flatten:
        kind = _Flatten
    return kind(layer, onward)


def _hooked(layer: nn.Module) -> bool:
    """Whether somebody wants to see what autograd passes through the layer."""
    hooks = (layer._forward_hooks, layer._forward_pre_hooks, layer._backward_hooks)
    return any(hooks) or any(p._backward_hooks for p in layer.parameters(recurse=False))
