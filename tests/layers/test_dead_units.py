import torch
from torch import nn

from dnn_techniques.layers import MLP, dead_units, derivative, make_activation


def net(activation: str) -> MLP:
    """Units that are off for all inputs, for the first only, and for none."""
    net = MLP(1, (3, 2), 1, activation)
    values = {
        "hidden1.weight": torch.ones(3, 1),
        "hidden1.bias": torch.tensor([-9.0, -1.5, 0.5]),
        "hidden2.weight": torch.ones(2, 3),
        "hidden2.bias": torch.tensor([0.0, -99.0]),
    }
    net.load_state_dict(values, strict=False)
    return net


X = torch.tensor([[1.0], [2.0]])


def test_a_relu_that_is_off_for_all_inputs_is_dead() -> None:
    relu = net("relu")
    first, second = dead_units(relu, relu.activations, X)
    assert first.tolist() == [True, False, False]
    assert second.tolist() == [False, True]
    first, _ = dead_units(relu, relu.activations, X[:1])
    assert first.tolist() == [True, True, False]


def test_leaky_units_never_die() -> None:
    for activation in ("leaky_relu_0.01", "rrelu", "elu"):
        leaky = net(activation)
        assert not torch.cat(dead_units(leaky, leaky.activations, X)).any()


def test_the_dead_get_no_gradient_and_no_step() -> None:
    relu = net("relu")
    relu(X).sum().backward()
    first, second = dead_units(relu, relu.activations, X)
    for name, dead in (("hidden1", first), ("hidden2", second)):
        gradient = relu.get_submodule(name).weight.grad
        assert isinstance(gradient, torch.Tensor)
        assert torch.equal((gradient == 0).all(dim=1), dead)
    assert derivative(make_activation("relu", 1), torch.zeros(1)) == 0


def test_looking_leaves_nothing_behind() -> None:
    relu = net("relu").train()
    dead_units(relu, relu.activations, X)
    assert not any(m._forward_pre_hooks for m in relu.modules())
    assert all(p.grad is None for p in relu.parameters())
    assert [type(m) for m in relu.activations] == [nn.ReLU, nn.ReLU]
