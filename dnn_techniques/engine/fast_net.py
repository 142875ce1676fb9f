"""A sequence of layers that is passed through by rules, layer by layer.

Autograd writes down each operation and walks back over its notes, which for small layers takes
about as long as the arithmetic. A sequence needs no notes: its layers are known, and so are their
derivatives (Rumelhart, Hinton & Williams, "Learning Representations by Back-propagating Errors",
1986).
"""

import torch
from torch import Tensor, nn

from dnn_techniques.engine.rules import Rule, Take, hooked, make_rules

ONE_AFTER_THE_OTHER = nn.Sequential.forward


class FastNet:
    """Stands in for the `forward` of a sequence during training steps, once it is prepared.

    Its output has no history: after the loss has been differentiated up to there, `backward` goes
    on through the layers. A sequence goes its own way in a step's second call, in calls without
    gradients, or where somebody may want autograd's notes: a layer with hooks or of an unknown
    class, an input whose own gradient is asked for, a function of `torch.func`.

    Args:
        net: The sequence; nested sequences are part of it.
        tape: Gets this object when the sequence is called, so that the calls of a step are known.

    Attributes:
        once: Whether each parameter belongs to one layer only.
    """

    def __init__(self, net: nn.Sequential, tape: list["FastNet"]) -> None:
        self.net = net
        self.tape = tape
        self.description: list[object] = []

    def prepare(self) -> None:
        """Make the rules, if the layers have changed since that was done."""
        description = describe(self.net)
        if description == self.description:
            return
        self.description = description
        layers = layers_of(self.net)
        self.parameters = [p for layer in layers for p in layer.parameters()]
        self.once = len(set(self.parameters)) == len(self.parameters)
        # A step may freeze a parameter, or put another in its place (`functional_call`).
        self.expected = [
            (m._parameters, name, p, p.requires_grad)
            for layer in layers
            for m in layer.modules()
            for name, p in m._parameters.items()
            if p is not None
        ]
        any_trained = any(p.requires_grad for p in self.parameters)
        self.rules: list[Rule] = make_rules(layers) if any_trained else []
        self.device = self.parameters[0].device.type if self.rules else "cpu"
        # Before the first layer that is trained only an input that asks for it gets a gradient.
        trained = [any(p.requires_grad for p in layer.parameters()) for layer in layers]
        self.first = trained.index(True) if self.rules else 0

    def stand_in(self) -> None:
        """Take the place of the sequence's `forward`."""
        vars(self.net)["forward"] = self.forward

    def stand_aside(self) -> None:
        """Give it back."""
        del vars(self.net)["forward"]

    def forward(self, x: Tensor) -> Tensor:
        """The output of the layers."""
        if (
            self in self.tape
            or not torch.is_grad_enabled()
            or torch.is_autocast_enabled(self.device)
            or torch._C._are_functorch_transforms_active()
            or type(x) is not Tensor
            or (x.requires_grad and x.is_leaf)
            or False in [own[k] is p and p.requires_grad is t for own, k, p, t in self.expected]
        ):
            y: Tensor = nn.Sequential.forward(self.net, x)
            return y
        self.input, self.version = x, x._version
        with torch.no_grad():
            for rule in self.rules:
                x = rule.forward(x)
        self.tape.append(self)
        self.output = x.detach().requires_grad_()
        return self.output.clone()  # a leaf may not be changed in place

    def backward(self, take: Take) -> None:
        """Give the parameters' gradients to `take`, and the input its own.

        Raises:
            RuntimeError: If the input was changed in place since the call.
        """
        if self.input._version != self.version:
            raise RuntimeError("the input of a net was changed in place before the backward pass")
        gradient = self.output.grad
        further = self.input.requires_grad
        last = 0 if further else self.first
        for i in range(len(self.rules) - 1, last - 1, -1):
            if gradient is None:
                return
            gradient = self.rules[i].backward(gradient, take, further or i > last)
        if further and gradient is not None:
            # The loss may have gone back through the same notes, or another net may have to.
            torch.autograd.backward(self.input, gradient, retain_graph=True)


def sequences(module: nn.Module) -> list[nn.Sequential]:
    """The outermost sequences of layers in a module, each once."""
    found: list[nn.Sequential] = []
    for child in module.children():
        if child._compiled_call_impl is not None or "_orig_mod" in child._modules:
            continue  # torch.compile has read its code already
        if isinstance(child, nn.Sequential) and _plain(child):
            found.append(child)
        else:
            found += sequences(child)
    return list(dict.fromkeys(found))


def layers_of(net: nn.Module) -> list[nn.Module]:
    """The layers of nested sequences in order; anything else is one layer."""
    if not isinstance(net, nn.Sequential) or not _plain(net) or hooked(net):
        return [net]
    return [layer for child in net for layer in layers_of(child)]


def _plain(net: nn.Sequential) -> bool:
    return type(net).forward is ONE_AFTER_THE_OTHER and "forward" not in vars(net)


def describe(net: nn.Module) -> list[object]:
    """What rules are made for: the layers, their code, mode and hooks, and what is trained."""
    modules = [
        (id(m), type(m).forward, vars(m).get("forward"), m.training, hooked(m))
        for layer in layers_of(net)
        for m in layer.modules()
    ]
    return [*modules, *((id(p), p.data_ptr(), p.requires_grad) for p in net.parameters())]
