"""The layers' parts of a forward and a backward pass, without autograd's record of every operation.

A rule calls the layer for its value and knows its derivative: torch's own layers have theirs here,
those of this package bring theirs along. What has no rule, or has been changed so that the rule
does not fit any more (`fits`), is left to autograd (`Recorded`).
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dnn_techniques.layers import ELU, SELU, Dense, KerasBatchNorm1d
from dnn_techniques.optim.outer_product import Gradient, OuterProduct

# Takes parameters and their gradients: stores them, or makes the optimizer's step at once.
Take = Callable[[list[nn.Parameter], Sequence[Gradient]], None]

_aten = torch.ops.aten

WIDTH = 5  # of the layers that rules are tried on

# Where the classes are defined that do nothing but map a tensor to a tensor.
KNOWN = (
    "dnn_techniques.",
    "torch.nn.modules.activation.",
    "torch.nn.modules.batchnorm.",
    "torch.nn.modules.dropout.",
    "torch.nn.modules.flatten.",
    "torch.nn.modules.linear.",
    "torch.nn.modules.normalization.",
)


class Rule(ABC):
    """A layer's part of both passes.

    Args:
        layer: The layer.
    """

    def __init__(self, layer: nn.Module) -> None:
        self.layer: Any = layer

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """The output, and keep what `backward` needs."""

    @abstractmethod
    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """From the output's gradient the input's, and give `take` those of the parameters.

        Args:
            gradient: Of the output of the latest `forward`.
            take: Gets the parameters that are trained, and their gradients.
            onward: Whether the input's gradient is wanted.
        """


class Recorded(Rule):
    """Any layer, by autograd."""

    def forward(self, x: Tensor) -> Tensor:
        """The output."""
        with torch.enable_grad():
            self.x = x.detach().requires_grad_(x.is_floating_point())
            # A leaf may not be changed in place.
            inplace = getattr(self.layer, "inplace", False)
            self.y = self.layer(self.x.clone() if inplace else self.x)
        y: Tensor = self.y.detach()
        return y

    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """From the output's gradient the input's."""
        if not self.y.requires_grad:
            return None
        parameters = [p for p in self.layer.parameters() if p.requires_grad]
        inputs = [self.x, *parameters] if self.x.requires_grad else parameters
        gradients = torch.autograd.grad(self.y, inputs, gradient, allow_unused=True)
        del self.y  # lets go of what autograd noted
        own = gradients[len(inputs) - len(parameters) :]
        used = [(p, g) for p, g in zip(parameters, own, strict=True) if g is not None]
        if used:
            take([p for p, _ in used], [g for _, g in used])
        return gradients[0] if self.x.requires_grad else None


class DenseRule(Recorded):
    """A dense layer on inputs (n, in_features); inputs of other shapes are left to autograd."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__(layer)
        # Modules look their parameters up slowly; the views share the parameters' memory.
        self.weight: nn.Parameter = self.layer.weight
        self.bias: nn.Parameter | None = self.layer.bias
        self.values = self.weight.detach()
        self.transposed = self.values.t()
        self.ones = self.values.new_ones(0)
        self.parameters = [self.weight] if self.bias is None else [self.weight, self.bias]
        self.trained = [i for i, p in enumerate(self.parameters) if p.requires_grad]
        self.all_trained = len(self.trained) == len(self.parameters)

    def forward(self, x: Tensor) -> Tensor:
        """The output (n, out_features)."""
        self.known = x.ndim == 2
        if not self.known:
            return super().forward(x)
        self.x = x
        if self.bias is None:
            return torch.mm(x, self.transposed)
        return torch.addmm(self.bias, x, self.transposed)

    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """From the output's gradient the input's."""
        if not self.known:
            return super().backward(gradient, take, onward)
        further = torch.mm(gradient, self.values) if onward else None
        transposed = gradient.t()
        if self.ones.shape[0] != gradient.shape[0]:
            self.ones = gradient.new_ones(gradient.shape[0])
        gradients = [OuterProduct(transposed, self.x), OuterProduct(transposed, self.ones)]
        if self.all_trained:
            take(self.parameters, gradients[: len(self.parameters)])
        elif self.trained:
            take([self.parameters[i] for i in self.trained], [gradients[i] for i in self.trained])
        return further


class BatchNormRule(Recorded):
    """Keras's batch normalization of inputs (n, num_features) in training."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__(layer)
        self.trained = [p for p in (self.layer.weight, self.layer.bias) if p.requires_grad]
        self.wanted = self.layer.weight.requires_grad, self.layer.bias.requires_grad

    def forward(self, x: Tensor) -> Tensor:
        """The normalized inputs."""
        self.known = x.ndim == 2 and self.layer.training
        if not self.known:
            return super().forward(x)
        self.x = x
        y: Tensor
        y, self.mean, self.inverse_std = self.layer.normalize(x)
        return y

    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """From the output's gradient the input's."""
        if not self.known:
            return super().backward(gradient, take, onward)
        further, *own = self.layer.derivative(
            gradient, self.x, self.mean, self.inverse_std, (onward, *self.wanted)
        )
        if self.trained:
            take(self.trained, [g for g, wanted in zip(own, self.wanted, strict=True) if wanted])
        return further if onward else None


class ActivationRule(Rule):
    """An activation whose derivative is known from its output."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__(layer)
        self.derivative = DERIVATIVES[type(layer)](layer)

    def forward(self, x: Tensor) -> Tensor:
        """The activation's value."""
        y: Tensor = self.layer.forward(x)
        self.y = y
        return y

    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """From the output's gradient the input's."""
        return self.derivative(gradient, self.y) if onward else None


class FlattenRule(Rule):
    """A change of shape."""

    def forward(self, x: Tensor) -> Tensor:
        """The inputs in another shape."""
        self.shape = x.shape
        y: Tensor = self.layer.forward(x)
        return y

    def backward(self, gradient: Tensor, take: Take, onward: bool) -> Tensor | None:
        """The gradient in the inputs' shape."""
        return gradient.reshape(self.shape) if onward else None


Derivative = Callable[[Tensor, Tensor], Tensor]

# What maps the gradient and value of an activation's output to the gradient of its input.
DERIVATIVES: dict[type[nn.Module], Callable[[Any], Derivative]] = {
    nn.ReLU: lambda layer: lambda g, y: _aten.threshold_backward.default(g, y, 0),
    nn.LeakyReLU: lambda layer: (
        lambda g, y: _aten.leaky_relu_backward.default(g, y, layer.negative_slope, True)
    ),
    nn.Tanh: lambda layer: lambda g, y: _aten.tanh_backward.default(g, y),
    nn.Sigmoid: lambda layer: lambda g, y: _aten.sigmoid_backward.default(g, y),
    ELU: lambda layer: layer.derivative,
    SELU: lambda layer: layer.derivative,
}

RULES: dict[type[nn.Module], type[Rule]] = {
    nn.Linear: DenseRule,
    Dense: DenseRule,
    KerasBatchNorm1d: BatchNormRule,
    nn.Flatten: FlattenRule,
    **dict.fromkeys(DERIVATIVES, ActivationRule),
}


def make_rules(layers: Sequence[nn.Module]) -> list[Rule]:
    """A rule for each layer, or none at all if one of them is not known to be nothing but a layer.

    A layer of somebody else may do more than map inputs to outputs, or return something else than
    a tensor, and a hook may keep what it sees: then autograd has to know of everything.
    """
    if any(not f"{type(m).__module__}.".startswith(KNOWN) or hooked(m) for m in layers):
        return []
    fitting: dict[tuple[object, ...], bool] = {}  # alike layers are tried once
    rules = []
    with torch.random.fork_rng(devices=[]):  # changed code may draw numbers
        for layer in layers:
            kind = RULES.get(type(layer), Recorded)
            if kind is not Recorded:
                code = vars(layer).get("forward")
                parameters = tuple((p.dtype, p.requires_grad) for p in layer.parameters())
                like = (type(layer), layer.extra_repr(), layer.training, code, parameters)
                if like not in fitting:
                    fitting[like] = fits(kind, layer)
                kind = kind if fitting[like] else Recorded
            rules.append(kind(layer))
    return rules


def hooked(layer: nn.Module) -> bool:
    """Whether somebody wants to see what passes through the layer, or its gradients."""
    hooks = (
        layer._forward_hooks,
        layer._forward_pre_hooks,
        layer._backward_hooks,
        layer._backward_pre_hooks,
    )
    return any(hooks) or any(
        p._backward_hooks or p._post_accumulate_grad_hooks for p in layer.parameters(recurse=False)
    )


def fits(kind: type[Rule], layer: nn.Module) -> bool:
    """Whether a rule gives what autograd gives: value, gradients and buffers of the layer as it is.

    Somebody may have changed the layer's code, or that of torch, since the rule was written.
    """
    found: dict[int, Tensor] = {}

    def take(trained: list[nn.Parameter], gradients: Sequence[Gradient]) -> None:
        for parameter, gradient in zip(trained, gradients, strict=True):
            whole = gradient.multiplied_out() if isinstance(gradient, OuterProduct) else gradient
            found[id(parameter)] = whole

    try:
        one, other = _small(layer), _small(layer)
        # Small and large values of either sign, and no two rows alike.
        like = next(one.parameters(), torch.empty(WIDTH))
        n = 32 * like.shape[-1]
        x = torch.linspace(-4, 4, n, dtype=like.dtype, device=like.device).sinh().view(32, -1)
        with torch.enable_grad():
            leaf = x.clone().requires_grad_()
            y = one(leaf)
            # Any gradient will do, if it is another one at each place.
            gradient = torch.linspace(-1, 1, y.numel(), dtype=y.dtype, device=y.device).view_as(y)
            trained = [p for p in one.parameters() if p.requires_grad]
            onward, *expected = torch.autograd.grad(y, [leaf, *trained], gradient)
        with torch.no_grad():
            rule = kind(other)
            pairs = [(y, rule.forward(x)), (onward, rule.backward(gradient, take, True))]
    except Exception:  # the layer's own way will tell what is wrong
        return False
    own = (found.get(id(p)) for p in other.parameters() if p.requires_grad)
    pairs += [*zip(expected, own, strict=True), *zip(one.buffers(), other.buffers(), strict=True)]
    return all(b is not None and _close(a, b) for a, b in pairs)


def _small(layer: nn.Module) -> nn.Module:
    """The layer's code with a few of its units."""
    small = copy.copy(layer)
    for kept in ("_parameters", "_buffers"):
        values = {}
        for name, value in vars(layer)[kept].items():
            if value is not None:
                part = value.detach()[(slice(WIDTH),) * value.ndim].clone()
                trained = value.requires_grad
                value = nn.Parameter(part, trained) if kept == "_parameters" else part
            values[name] = value
        vars(small)[kept] = values
    return small


def _close(one: Tensor, other: Tensor) -> bool:
    """Equal up to rounding, measured by the size of the whole tensor."""
    if one.shape != other.shape:
        return False
    one, other = one.detach(), other.detach()
    scale = one.abs().max() if one.numel() and one.is_floating_point() else torch.ones(())
    return bool(((one - other).abs() <= 1e-4 * scale).all() | torch.equal(one, other))
