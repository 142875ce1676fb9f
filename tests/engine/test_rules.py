"""Value, gradients and buffers beside those of autograd, for every layer and way of using nets."""

import copy
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from dnn_techniques.engine.fast_net import FastNet, sequences
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.engine.rules import Recorded
from dnn_techniques.layers import (
    ACTIVATIONS,
    ELU,
    MLP,
    AlphaDropout,
    Dense,
    Dropout,
    KerasBatchNorm1d,
    StopGradient,
)
from dnn_techniques.modules.mnist_pairs import TwoTowers
from dnn_techniques.optim import KerasSGD, Penalty

LR = 0.3
FLOATS = [torch.float32, torch.float64]


class Probe(pl.LightningModule):
    """Trains a net, or whatever module, on the cross-entropy of its outputs."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x)
        return y

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        x, labels = batch
        outputs = self.outputs(x)
        return {"loss": F.cross_entropy(outputs, labels), "outputs": outputs}


Make = Callable[[], nn.Module]
Batch = tuple[Tensor, Tensor]


def batch_of(x: Tensor, dtype: torch.dtype) -> Batch:
    return x.to(dtype), torch.randint(4, (len(x),), generator=torch.Generator().manual_seed(1))


def images(*shape: int) -> Tensor:
    return torch.randn(shape or (16, 2, 3), generator=torch.Generator().manual_seed(0))


def check(
    make: Make,
    dtype: torch.dtype = torch.float64,
    x: Tensor | None = None,
    at_once: bool | None = None,
    recorded: list[int] | None = None,
) -> None:
    """Make a step by rules and by autograd, with gradients stored and followed at once.

    Args:
        make: Makes a net, or a `Probe`.
        dtype: Of all numbers.
        x: The inputs.
        at_once: Whether the gradients should be followed at once when nobody looks at them.
        recorded: Numbers of the layers that should be left to autograd; without it nothing is
            asked of how the step is made.
    """
    batch = batch_of(images() if x is None else x, dtype)
    expected = probe(make, dtype)
    torch.manual_seed(5)  # for dropout
    outputs = expected.training_step(batch, 0)
    outputs["loss"].backward()
    for keep in (True, False):
        fast = probe(make, dtype)
        optimizer = KerasSGD(fast.parameters(), LR if not keep else 0.0)
        step = step_of(fast, optimizer)
        torch.manual_seed(5)
        with step:
            found = step(batch, 0, keep)
            if recorded is not None:
                (net,) = step.passed
                kinds = [type(rule) for rule in net.rules]
                assert [i for i, kind in enumerate(kinds) if kind is Recorded] == recorded
                assert kinds
        assert "forward" not in {name for m in fast.modules() for name in vars(m)}
        assert optimizer.param_groups[0]["steps"] == 1
        close = partial(torch.testing.assert_close, rtol=0, atol=1e-12)
        if dtype == torch.float32:
            close = partial(torch.testing.assert_close, rtol=1e-5, atol=1e-6)
        for name, value in outputs.items():
            close(found[name], value)
        for a, b in zip(expected.parameters(), fast.parameters(), strict=True):
            if keep:
                close(b.grad, a.grad)
            else:
                close(b.detach(), a.detach() if a.grad is None else a.detach() - LR * a.grad)
        for one, other in zip(expected.buffers(), fast.buffers(), strict=True):
            close(other, one)
        if at_once is not None:
            assert step.stored == (keep or not at_once)


def probe(make: Make, dtype: torch.dtype) -> Probe:
    """Always the same; copies would lose their hooks."""
    torch.manual_seed(3)
    net = make()
    module = (net if isinstance(net, Probe) else Probe(net)).to(dtype)
    for parameter in module.parameters():  # biases too, slopes different from 0
        nn.init.normal_(parameter, std=0.5)
    return module


def step_of(module: pl.LightningModule, optimizer: torch.optim.Optimizer) -> FastStep:
    trainer: Any = SimpleNamespace(
        lightning_module=module,
        optimizers=[optimizer],
        precision_plugin=Precision(),
        strategy=SimpleNamespace(_lightning_optimizers=[None]),
        gradient_clip_val=None,
    )
    return FastStep(trainer)


# Layers

WITHOUT_RULE = ("linear", "prelu", "softplus", "softsign", "gelu", "swish")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "rrelu"])
def test_activations(activation: str, dtype: torch.dtype) -> None:
    recorded = [2, 4] if activation in WITHOUT_RULE else []
    check(lambda: MLP(6, (5, 7), 4, activation), dtype, at_once=True, recorded=recorded)


def test_random_slopes() -> None:
    check(lambda: MLP(6, (5, 7), 4, "rrelu"), recorded=[2, 4])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("norm", ["before", "after"])
def test_batch_normalization(norm: Any, dtype: torch.dtype) -> None:
    net = lambda: MLP(6, (5, 7), 4, "relu", norm=norm, norm_first=True)  # noqa: E731
    check(net, dtype, at_once=True, recorded=[])


@pytest.mark.parametrize("dropout", [Dropout, AlphaDropout, nn.Dropout])
def test_dropout(dropout: Callable[[float], nn.Module]) -> None:
    check(lambda: MLP(6, (5, 7), 4, "selu", dropout=lambda: dropout(0.3)), recorded=[1, 4, 7])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layer", [nn.Linear, Dense])
@pytest.mark.parametrize("bias", [True, False])
def test_dense_layers(layer: Any, bias: bool, dtype: torch.dtype) -> None:
    net = lambda: nn.Sequential(nn.Flatten(), layer(6, 5, bias=bias), ELU(), layer(5, 4, bias=bias))  # noqa: E731
    check(net, dtype, at_once=True, recorded=[])


LEFT_TO_AUTOGRAD: dict[str, tuple[Make, list[int]]] = {
    "in place": (lambda: nn.ReLU(inplace=True), [2]),
    "leaky in place": (lambda: nn.LeakyReLU(0.2, inplace=True), [2]),
    "negative slope": (lambda: nn.LeakyReLU(-0.2), [2]),
    "layer normalization": (lambda: nn.LayerNorm(5), [2]),
    "torch's batch normalization": (lambda: nn.BatchNorm1d(5), [2]),
    "normalization in evaluation": (lambda: KerasBatchNorm1d(5).eval(), []),
    "identity": (nn.Identity, [2]),
    "softplus": (nn.Softplus, [2]),
    "negative alpha": (lambda: ELU(-0.5), [2]),
    "large alpha": (lambda: ELU(3.0), []),
    "nested": (lambda: nn.Sequential(nn.Tanh(), nn.Sequential(nn.Linear(5, 5), nn.ReLU())), []),
}


@pytest.mark.parametrize(("layer", "recorded"), LEFT_TO_AUTOGRAD.values(), ids=LEFT_TO_AUTOGRAD)
def test_layers_in_the_middle(layer: Make, recorded: list[int]) -> None:
    net = lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 5), layer(), nn.Linear(5, 4))  # noqa: E731
    check(net, recorded=recorded)


@pytest.mark.parametrize(
    "net",
    [
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 4)),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Sigmoid()),
        lambda: nn.Sequential(nn.Sigmoid(), nn.Flatten(), nn.Tanh(), nn.Linear(6, 4), nn.ReLU()),
        lambda: nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4))),
    ],
)
def test_first_and_last_layers(net: Make) -> None:
    check(net, at_once=True, recorded=[])


def test_more_dimensions() -> None:
    class Sum(Probe):
        def outputs(self, x: Tensor) -> Tensor:
            return super().outputs(x).sum(dim=1)

    net = lambda: nn.Sequential(nn.Linear(3, 5), ELU(), nn.Linear(5, 4))  # noqa: E731
    check(lambda: Sum(net()), recorded=[])
    check(lambda: nn.Sequential(KerasBatchNorm1d(2), nn.Flatten(), nn.Linear(6, 4)), recorded=[])


def test_an_input_that_batch_normalization_refuses() -> None:
    module = Probe(nn.Sequential(KerasBatchNorm1d(2), nn.Flatten(), nn.Linear(12, 4)))
    batch = batch_of(images(4, 2, 3, 2), torch.float32)
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        module.training_step(batch, 0)
    with (
        step_of(module, KerasSGD(module.parameters())) as step,
        pytest.raises(ValueError, match="expected 2D or 3D input"),
    ):
        step(batch, 0)


# What is trained


def frozen(*names: str) -> Make:
    def make() -> nn.Module:
        net = MLP(6, (5, 7), 4, "tanh", norm="after")
        for name in names:
            for parameter in (p for n, p in net.named_parameters() if n.startswith(name)):
                parameter.requires_grad_(False)
        return net

    return make


FROZEN = [
    ("hidden1",),
    ("hidden1", "norm1", "hidden2"),
    ("hidden2",),
    ("output",),
    ("hidden1.bias",),
    ("hidden2.weight",),
    ("norm1.weight",),
    ("norm1.bias",),
    ("norm2", "output.weight"),
]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("names", FROZEN, ids=" ".join)
def test_frozen_layers_and_parameters(names: tuple[str, ...], dtype: torch.dtype) -> None:
    check(frozen(*names), dtype, at_once=True, recorded=[])


def test_nothing_to_train_is_an_error_as_of_autograd() -> None:
    module = Probe(MLP(6, (5,), 4).requires_grad_(False))
    batch = batch_of(images(), torch.float32)
    with (
        step_of(module, KerasSGD(module.parameters())) as step,
        pytest.raises(RuntimeError, match="does not require grad"),
    ):
        step(batch, 0)


class Detached(nn.Module):
    """Passes part of the gradient on and gives its own weights some, or none of it."""

    def __init__(self, passes: bool) -> None:
        super().__init__()
        self.passes = passes
        self.scale = nn.Parameter(torch.ones(5))

    def forward(self, x: Tensor) -> Tensor:
        return x.detach() * self.scale + (x if self.passes else 0)


@pytest.mark.parametrize("layer", [StopGradient(), Detached(passes=False), Detached(passes=True)])
def test_a_stopped_gradient_reaches_no_layer_before(layer: nn.Module) -> None:
    def net() -> nn.Module:
        own = copy.deepcopy(layer)
        return nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), own, nn.Linear(5, 4))

    known = isinstance(layer, StopGradient)
    check(net, at_once=known, recorded=[3] if known else None)


def test_only_some_parameters_have_the_optimizer() -> None:
    module = Probe(MLP(6, (5,), 4))
    before = copy.deepcopy(module)
    optimizer = KerasSGD(module.net[-1].parameters(), LR)  # type: ignore[index]
    step = step_of(module, optimizer)
    with step:
        step(batch_of(images(), torch.float32), 0, keep=False)
    assert step.stored
    moved = [not a.equal(b) for a, b in zip(module.parameters(), before.parameters(), strict=True)]
    assert moved == [False, False, True, True]


# How nets are used


class TwoNets(Probe):
    """One net after the other; the second begins with a layer that is trained, or does not."""

    def __init__(self, second: nn.Sequential, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 5)))
        self.second = second
        self.between = between

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.between(self.net(x)))
        return y


@pytest.mark.parametrize("between", [lambda x: x, torch.sin, lambda x: x.mul_(2)])
@pytest.mark.parametrize(
    "second",
    [
        lambda: nn.Sequential(nn.Linear(5, 4)),
        lambda: nn.Sequential(nn.Tanh(), nn.Linear(5, 4)),
        lambda: nn.Sequential(nn.Linear(5, 4).requires_grad_(False), nn.Tanh(), nn.Linear(4, 4)),
        lambda: nn.Sequential(nn.Linear(5, 4).requires_grad_(False)),
        lambda: nn.Sequential(nn.Tanh()),
    ],
)
def test_one_net_after_the_other(second: Make, between: Callable[[Tensor], Tensor]) -> None:
    check(lambda: TwoNets(second(), between))  # type: ignore[arg-type]


class Variational(Probe):
    """An autoencoder whose loss looks at what is between its nets, as a variational one's does."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(nn.Flatten(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 4)))
        self.decoder = nn.Sequential(nn.Linear(2, 5), ELU(), nn.Linear(5, 6))

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        mean, log_variance = self.net(batch[0]).chunk(2, dim=1)
        deviation = (log_variance / 2).exp()
        decoded = self.decoder(mean + deviation * torch.randn_like(mean))
        penalty = (mean.square() + deviation.square() - log_variance).sum(dim=1).mean()
        return {"loss": F.mse_loss(decoded, batch[0].flatten(1)) + 0.1 * penalty}


class Embedded(Probe):
    """A layer of its own in front of the net, and one after it."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5)))
        self.first = nn.Linear(6, 5)
        self.last = nn.Linear(5, 4)

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.last(self.net(self.first(x.flatten(1)).relu()))
        return y


class Front(Embedded):
    """Nothing but the net after the first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 4))
        del self.last

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(self.first(x.flatten(1)))
        return y


class Twice(Probe):
    def outputs(self, x: Tensor) -> Tensor:
        return super().outputs(x) * super().outputs(2 * x).sigmoid()


class Siamese(Probe):
    """The same net on both halves, and another net on their difference."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), KerasBatchNorm1d(5)))
        self.head = nn.Sequential(nn.Linear(5, 4))

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.head((self.net(x[:, 0]) - self.net(x[:, 1])).abs())
        return y


class InPlace(Probe):
    def outputs(self, x: Tensor) -> Tensor:
        logits = super().outputs(x)
        logits /= 2
        return logits.tanh_()


class Target(Probe):
    """Learns what a frozen twin says, which is called without gradients, or with them."""

    def __init__(self, grad: bool) -> None:
        super().__init__(MLP(6, (5,), 4))
        self.teacher = MLP(6, (5,), 4).requires_grad_(not grad)
        self.grad = grad

    def outputs(self, x: Tensor) -> Tensor:
        with torch.set_grad_enabled(self.grad):
            aim = self.teacher(x)
        assert not aim.requires_grad
        y: Tensor = super().outputs(x) - aim
        return y


class Penalized(Probe):
    """A weight is used elsewhere too."""

    def outputs(self, x: Tensor) -> Tensor:
        return super().outputs(x) + Penalty(l1=0.1, l2=0.1)(self.net)


class InFront(Probe):
    """A weight of the net is used before it."""

    def outputs(self, x: Tensor) -> Tensor:
        return super().outputs(x.flatten(1) @ self.net.get_parameter("hidden1.weight").square())


class OfTheInput(Probe):
    """The gradient of the input is part of the loss, as in a gradient penalty."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        x = batch[0].clone().requires_grad_()
        outputs = self.net(x)
        (gradient,) = torch.autograd.grad(outputs.square().sum(), x, create_graph=True)
        return {"loss": gradient.square().sum()}


class Parts(Probe):
    """Calls a part of the net, and layers one by one."""

    def outputs(self, x: Tensor) -> Tensor:
        inner, last = self.net.children()
        y: Tensor = last(inner(x)) + self.net(x)
        return y


class Alias(Probe):
    """The same net, and a part of it, under other names."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(6, 5), nn.Tanh())))
        self.part = self.net[1]  # type: ignore[index]
        self.again = nn.ModuleList([self.net])
        self.last = nn.Sequential(nn.Linear(5, 4))

    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = self.last(self.again[0](x) + self.part(x.flatten(1)))
        return y


class Branched(Probe):
    """Two nets on one input, one of which the loss does not look at."""

    def __init__(self) -> None:
        super().__init__(MLP(6, (5,), 4))
        self.unused = MLP(6, (5,), 4)

    def outputs(self, x: Tensor) -> Tensor:
        self.unused(x)
        return super().outputs(x)


def mlp() -> nn.Module:
    return MLP(6, (6,), 4, "elu", norm="before")


USES: dict[str, tuple[Make, bool]] = {
    "alone": (lambda: Probe(mlp()), True),
    "variational": (Variational, False),
    "between layers": (Embedded, False),
    "after a layer": (Front, False),
    "called twice": (lambda: Twice(mlp()), False),
    "siamese": (Siamese, False),
    "output changed in place": (lambda: InPlace(mlp()), True),
    "teacher without gradients": (lambda: Target(grad=False), True),
    "frozen teacher": (lambda: Target(grad=True), True),
    "penalty": (lambda: Penalized(mlp()), False),
    "weight used before": (lambda: InFront(MLP(6, (6,), 4)), False),
    "gradient of the input": (lambda: OfTheInput(MLP(6, (5,), 4, "tanh")), False),
    "part of the net": (
        lambda: Parts(nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(6, 5)), nn.Linear(5, 4))),
        False,
    ),
    "other names": (Alias, False),
    "unused": (Branched, False),
}


@pytest.mark.parametrize(("make", "at_once"), USES.values(), ids=USES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_uses(make: Make, at_once: bool, dtype: torch.dtype) -> None:
    check(make, dtype, at_once=at_once)


def test_two_towers() -> None:
    class Pairs(Probe):
        def outputs(self, x: Tensor) -> Tensor:
            logit = super().outputs(x)
            return torch.cat([logit, -logit, 0 * logit, 0 * logit], dim=1)

    check(lambda: Pairs(TwoTowers(3, (5, 5), 4)), at_once=False)


def shared() -> nn.Sequential:
    first, last = nn.Linear(6, 6), nn.Linear(6, 6)
    last.weight = first.weight
    return nn.Sequential(nn.Flatten(), first, nn.Tanh(), last, nn.Linear(6, 4))


def repeated() -> nn.Sequential:
    tanh, layer = nn.Tanh(), nn.Linear(6, 6)
    return nn.Sequential(nn.Flatten(), layer, tanh, layer, tanh, nn.Linear(6, 4))


@pytest.mark.parametrize("make", [shared, repeated])
@pytest.mark.parametrize("dtype", FLOATS)
def test_shared_weights(make: Make, dtype: torch.dtype) -> None:
    check(make, dtype, at_once=False, recorded=[])


def test_an_input_changed_after_the_call_is_an_error_as_of_autograd() -> None:
    class Change(Probe):
        def outputs(self, x: Tensor) -> Tensor:
            outputs = super().outputs(x)
            x.zero_()
            return outputs

    batch = batch_of(images(), torch.float32)
    module = Change(MLP(6, (5,), 4))
    with (
        step_of(module, KerasSGD(module.parameters())) as step,
        pytest.raises(RuntimeError, match="in place"),
    ):
        step(batch, 0)


def test_autocast_within_a_step() -> None:
    class Cast(Probe):
        def outputs(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return super().outputs(x).float()

    check(lambda: Cast(MLP(6, (5,), 4)), torch.float32, at_once=False)


class Mapped(Probe):
    def outputs(self, x: Tensor) -> Tensor:
        y: Tensor = torch.vmap(self.net)(x.flatten(1))
        return y


class OtherWeights(Probe):
    """Takes other weights in the place of the net's, as meta-learning does."""

    def outputs(self, x: Tensor) -> Tensor:
        weights = {name: 0.9 * weight for name, weight in self.net.named_parameters()}
        y: Tensor = torch.func.functional_call(self.net, weights, x.flatten(1))
        return y


class Freezes(Probe):
    def outputs(self, x: Tensor) -> Tensor:
        self.net[0].requires_grad_(False)  # type: ignore[index]
        return super().outputs(x.flatten(1))


@pytest.mark.parametrize("kind", [Mapped, OtherWeights, Freezes])
def test_what_a_step_may_do_to_its_net(kind: type[Probe]) -> None:
    check(lambda: kind(nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))), at_once=False)


# Layers of others, and what looks at layers


class Residual(nn.Module):
    """A net that is no sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.last = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        y: Tensor = self.last(x + self.first(x).relu())
        return y


class Last(nn.Module):
    def forward(self, x: tuple[Tensor, Any]) -> Tensor:
        return x[0][:, -1]


class Keeps(nn.Module):
    """Keeps what it sees, for the loss."""

    def forward(self, x: Tensor) -> Tensor:
        self.kept = x
        return x * 2


class Sparse(Probe):
    def outputs(self, x: Tensor) -> Tensor:
        outputs, keeps = super().outputs(x), self.net.get_submodule("2")
        assert isinstance(keeps, Keeps)
        return outputs + keeps.kept.abs().mean()


def double(weight: Tensor) -> None:
    assert weight.grad is not None
    weight.grad.mul_(2)


def twice(layer: nn.Module, *args: Any) -> Any:
    """A hook that doubles the last of what it is given."""
    return (2 * args[-1][0],) if isinstance(args[-1], tuple) else 2 * args[-1]


HOOKS: dict[str, Callable[[nn.Sequential], object]] = {
    "layer": lambda net: net[1].register_forward_hook(twice),
    "before layer": lambda net: net[1].register_forward_pre_hook(twice),
    "gradient of layer": lambda net: net[3].register_full_backward_hook(
        lambda layer, inputs, outputs: twice(layer, inputs)
    ),
    "gradient before layer": lambda net: net[1].register_full_backward_pre_hook(twice),
    "gradient of weight": lambda net: net.get_parameter("1.weight").register_hook(lambda g: 2 * g),
    "stored gradient": lambda net: net.get_parameter("1.weight").register_post_accumulate_grad_hook(
        double
    ),
    "sequence within": lambda net: net[2].register_forward_hook(twice),
    "net": lambda net: net.register_forward_hook(twice),
    "gradient before net": lambda net: net.register_full_backward_pre_hook(twice),
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_hooks(hook: Callable[[nn.Sequential], object]) -> None:
    def make() -> nn.Module:
        inner = nn.Sequential(nn.Tanh(), nn.Linear(5, 5))
        net = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), inner, nn.Linear(5, 4))
        hook(net)
        return net

    check(make, at_once=False)


OTHERS: dict[str, Make] = {
    "no sequence": Residual,
    "convolution": lambda: nn.Sequential(nn.Conv1d(2, 3, 2), nn.Flatten(), nn.Linear(6, 4)),
    "recurrent": lambda: nn.Sequential(nn.LSTM(3, 4, batch_first=True), Last(), nn.Linear(4, 4)),
    "keeps": lambda: Sparse(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), Keeps(), nn.Linear(5, 4))),
    "weight normalization": lambda: nn.Sequential(
        nn.Flatten(), parametrizations.weight_norm(nn.Linear(6, 4))
    ),
    "orthogonal": lambda: nn.Sequential(
        nn.Flatten(), parametrizations.orthogonal(nn.Linear(6, 5)), nn.Linear(5, 4)
    ),
    "pruned": lambda: nn.Sequential(
        nn.Flatten(), prune.l1_unstructured(nn.Linear(6, 4), "weight", 0.5)
    ),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_layers_of_others(make: Make) -> None:
    check(make, at_once=False)


def test_sequences_are_found_once_and_compiled_ones_left_alone() -> None:
    alias = Alias()
    assert [id(net) for net in sequences(alias)] == [id(alias.net), id(alias.part), id(alias.last)]
    compiled = Probe(MLP(6, (5,), 4))
    compiled.net = torch.compile(compiled.net, backend="eager")  # type: ignore[assignment]
    assert sequences(compiled) == []


def test_rules_are_made_anew_when_the_layers_change() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    fast = FastNet(net, [])
    fast.prepare()
    rules = fast.rules
    with torch.no_grad():
        net[0].get_parameter("weight").mul_(2)
    fast.prepare()
    assert fast.rules is rules
    tanh = nn.Tanh()
    changes: list[Callable[[], object]] = [
        lambda: net[0].requires_grad_(False),
        lambda: net[1].eval(),
        lambda: net.append(tanh),
        lambda: net.append(tanh),
        lambda: net.double(),
        lambda: net[2].register_forward_hook(lambda *_: None),
    ]
    for change in changes:
        change()
        fast.prepare()
        assert fast.rules is not rules
        rules = fast.rules
    assert rules == []
