import torch
from torch import nn

from dnn_techniques.layers import SkipConnection


def test_adds_its_input_to_what_the_layers_make_of_it() -> None:
    dense = nn.Linear(3, 3)
    x = torch.randn(4, 3)
    expected = x + torch.tanh(dense(x))
    assert torch.equal(SkipConnection(dense, nn.Tanh())(x), expected)


def test_gradients_go_both_ways() -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    SkipConnection(nn.ReLU())(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 2]
