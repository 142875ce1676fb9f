import pytest
import torch
from torch import nn

from dnn_techniques.optim.kernels import kernels


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3),
        nn.BatchNorm2d(2),
        nn.PReLU(2),
        nn.Flatten(),
        nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4), nn.Linear(4, 3)),
    )


def test_selects_dense_and_convolution_weights_only() -> None:
    model = net()
    found = kernels(model)
    assert [tuple(kernel.shape) for kernel in found] == [(2, 1, 3, 3), (4, 8), (3, 4)]
    assert found[0] is model[0].weight


def test_selects_by_name() -> None:
    assert [tuple(kernel.shape) for kernel in kernels(net(), "4.*")] == [(4, 8), (3, 4)]
    assert [tuple(kernel.shape) for kernel in kernels(net(), "4.2")] == [(3, 4)]


def test_a_layer_by_itself_is_selected() -> None:
    layer = nn.Linear(2, 3)
    (kernel,) = kernels(layer)
    assert kernel is layer.weight


def test_refuses_a_pattern_without_match() -> None:
    with pytest.raises(ValueError, match=r"got 'hidden\*' where the layers are \['0', '4.0', '4"):
        kernels(net(), "hidden*")
    with pytest.raises(ValueError, match="pattern must match a dense or convolution layer"):
        kernels(nn.BatchNorm1d(2))


def test_kernels_are_shared_not_copied() -> None:
    model = net()
    with torch.no_grad():
        kernels(model, "4.2")[0].zero_()
    assert torch.equal(model.get_parameter("4.2.weight"), torch.zeros(3, 4))


def test_a_shared_weight_counts_once() -> None:
    dense = nn.Linear(3, 3)
    other = nn.Linear(3, 3)
    other.weight = dense.weight
    assert len(kernels(nn.Sequential(dense, other))) == 1
