"""Gradients beside those of autograd."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.layers import (
    ACTIVATIONS,
    MLP,
    AlphaDropout,
    Dropout,
    KerasBatchNorm1d,
    StopGradient,
)
from dnn_techniques.layers.backprop import Backprop, cross_entropy_with_gradient, describe_layers

X = torch.randn(16, 2, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 4, (16,), generator=torch.Generator().manual_seed(1))


def by_autograd(net: nn.Module) -> list[Tensor | None]:
    torch.manual_seed(5)  # for dropout
    F.cross_entropy(net(X), LABELS).backward()
    return gradients(net)


def by_layers(net: nn.Module) -> list[Tensor | None]:
    torch.manual_seed(5)
    backprop = Backprop(net)
    _, gradient = cross_entropy_with_gradient(backprop.forward(X), LABELS)
    backprop.backward(gradient)
    return gradients(net)


def gradients(net: nn.Module) -> list[Tensor | None]:
    found = [p.grad for p in net.parameters()]
    for parameter in net.parameters():
        parameter.grad = None
    return found


def check(net: nn.Module) -> None:
    torch.manual_seed(3)
    for parameter in net.parameters():  # biases too, slopes different from 0
        nn.init.normal_(parameter, std=0.5)
    state = {name: value.clone() for name, value in net.state_dict().items()}
    expected = by_autograd(net)
    moved = net.state_dict()  # batch normalization's statistics
    moved = {name: value.clone() for name, value in moved.items()}
    net.load_state_dict(state)
    for a, b in zip(by_layers(net), expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b, atol=1e-7, rtol=1e-6)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, moved[name])


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "rrelu"])
def test_every_activation(activation: str) -> None:
    check(MLP(6, (5, 7), 4, activation))


@pytest.mark.parametrize("norm", ["before", "after"])
def test_batch_normalization(norm: str) -> None:
    check(MLP(6, (5, 7), 4, "relu", norm=norm, norm_first=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("dropout", [Dropout, AlphaDropout])
def test_dropout(dropout: Callable[[float], nn.Module]) -> None:
    check(MLP(6, (5, 7), 4, "selu", dropout=lambda: dropout(0.3)))


def test_a_single_layer_and_nested_sequences() -> None:
    check(nn.Sequential(nn.Flatten(), nn.Linear(6, 4)))
    inner = nn.Sequential(nn.Linear(6, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, 4, bias=False)))
    check(nn.Sequential(nn.Flatten(), inner))


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


def test_other_layers_are_left_to_autograd() -> None:
    check(Residual())
    check(nn.Sequential(nn.Conv1d(2, 3, 2), nn.Flatten(), nn.Linear(6, 4)))
    check(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(inplace=True), nn.Linear(5, 4)))
    check(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 4)))


def test_hooks_of_parameters_see_their_gradients() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    seen: list[torch.Tensor] = []
    net[0].get_parameter("weight").register_hook(seen.append)
    backprop = Backprop(net)
    backprop.backward(torch.ones_like(backprop.forward(torch.randn(5, 4))))
    assert seen[0].equal(net[0].get_parameter("weight").grad)  # type: ignore[arg-type]


def test_what_a_backprop_is_made_for_changes_with_the_layers() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    same = describe_layers(net)
    with torch.no_grad():
        net[0].get_parameter("weight").mul_(2)
    assert describe_layers(net) == same
    changes: list[Callable[[], object]] = [
        lambda: net[0].requires_grad_(False),
        lambda: net[1].eval(),
        lambda: net[2].register_forward_hook(lambda *_: None),
        lambda: net.append(nn.ReLU()),
    ]
    for change in changes:
        change()
        assert describe_layers(net) != same
        same = describe_layers(net)


def test_layers_with_hooks_or_parametrizations_keep_them() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 4))
    calls = []
    net[1].register_forward_hook(lambda *_: calls.append(1))
    check(net)
    assert len(calls) == 2
    check(nn.Sequential(nn.Flatten(), nn.utils.parametrizations.weight_norm(nn.Linear(6, 4))))


@pytest.mark.parametrize(
    "frozen", [("hidden1",), ("hidden1", "hidden2"), ("hidden2",), ("output",)]
)
def test_frozen_layers_get_no_gradient(frozen: tuple[str, ...]) -> None:
    net = MLP(6, (5, 7), 4, "prelu")
    for name in frozen:
        net.get_submodule(name).requires_grad_(False)
    check(net)
    assert all(grad is None for grad in gradients(net))


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
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), layer, nn.Linear(5, 4))
    check(net)
    by_layers(net)
    reached = by_autograd(net)[0] is not None
    assert reached == getattr(layer, "passes", False)
    before = [p.detach().clone() for p in net.parameters()]
    backprop = Backprop(net)
    _, gradient = cross_entropy_with_gradient(backprop.forward(X), LABELS)
    backprop.descend(gradient, 0.1)
    changed = [not a.equal(b) for a, b in zip(net.parameters(), before, strict=True)]
    assert changed[0] == reached
    assert changed[-1]


def test_a_frozen_bias_alone() -> None:
    net = MLP(6, (5,), 4)
    net.get_parameter("hidden1.bias").requires_grad_(False)
    check(net)


def test_nothing_to_train() -> None:
    net = MLP(6, (5,), 4).requires_grad_(False)
    assert by_layers(net) == [None] * 4


def test_gradients_are_added() -> None:
    net = MLP(6, (5,), 4)
    once = by_layers(net)
    backprop = Backprop(net)
    for _ in range(2):
        _, gradient = cross_entropy_with_gradient(backprop.forward(X), LABELS)
        backprop.backward(gradient)
    for a, b in zip(gradients(net), once, strict=True):
        assert a is not None
        assert b is not None
        torch.testing.assert_close(a, 2 * b)


def test_a_descent_is_a_step_of_sgd() -> None:
    for net in (
        MLP(6, (5, 7), 4, "prelu", norm="before", norm_first=True),
        MLP(6, (5, 7), 4, "selu"),
        Residual(),
    ):
        net.get_parameter(next(name for name, _ in net.named_parameters())).requires_grad_(False)
        expected = [p.detach().clone() for p in net.parameters()]
        for weight, gradient in zip(expected, by_autograd(net), strict=True):
            if gradient is not None:
                weight -= 0.3 * gradient
        backprop = Backprop(net)
        _, gradient = cross_entropy_with_gradient(backprop.forward(X), LABELS)
        backprop.descend(gradient, 0.3)
        for weight, other in zip(net.parameters(), expected, strict=True):
            torch.testing.assert_close(weight.detach(), other)
            assert weight.grad is None


def test_batch_normalization_in_inference_and_of_sequences() -> None:
    net = nn.Sequential(nn.Flatten(), KerasBatchNorm1d(6), nn.Linear(6, 4))
    net[1].eval()
    check(net)
    check(nn.Sequential(KerasBatchNorm1d(2), nn.Flatten(), nn.Linear(6, 4)))


def test_cross_entropy_is_torch_s_bit_for_bit() -> None:
    logits = torch.randn(9, 4, generator=torch.Generator().manual_seed(2)) * 20
    leaf = logits.clone().requires_grad_()
    expected = F.cross_entropy(leaf, LABELS[:9])
    expected.backward()
    loss, gradient = cross_entropy_with_gradient(logits, LABELS[:9])
    assert loss.equal(expected.detach())
    assert leaf.grad is not None
    assert gradient.equal(leaf.grad)
