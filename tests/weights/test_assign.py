from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP, KerasBatchNorm1d
from dnn_techniques.weights import assign_arrays, keras_arrays
from dnn_techniques.weights.assign import assign_layers
from dnn_techniques.weights.layers import ForeignLayer

# The notes reuse a hidden layer's weights that were made elsewhere.
ORIGINAL_W = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
ORIGINAL_B = [7.0, 8.0, 9.0]
X = torch.tensor([[10.0, 11.0]])


def test_the_notes_example() -> None:
    net = MLP(2, (3,), 4)
    assign_arrays(net, {"hidden1": [ORIGINAL_W, ORIGINAL_B]})
    hidden = nn.Sequential(*list(net)[:3])  # flatten, hidden1, activation1
    assert hidden(X).tolist() == [[61.0, 83.0, 105.0]]
    assign_arrays(net, [ORIGINAL_W, ORIGINAL_B, np.ones((3, 4)), np.zeros(4)])
    assert net(X).tolist() == [[249.0] * 4]


def test_arrays_go_there_and_back() -> None:
    torch.manual_seed(0)
    net = MLP(3, (5, 4), 2, "prelu", norm="before", norm_first=True)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape))
    arrays = keras_arrays(net)
    shapes = [(3,)] * 4 + [(3, 5)] + [(5,)] * 5 + [(5, 4)] + [(4,)] * 5 + [(4, 2), (2,)]
    assert [array.shape for array in arrays] == shapes
    other = MLP(3, (5, 4), 2, "prelu", norm="before", norm_first=True)
    assign_arrays(other, arrays)
    x = torch.randn(6, 3)
    assert torch.equal(other.eval()(x), net.eval()(x))
    arrays[0][:] = 99  # copies
    assert torch.equal(other(x), net(x))


def test_assigned_weights_can_be_trained_and_keep_their_type() -> None:
    net = nn.Sequential(nn.Linear(2, 3)).double()
    assign_arrays(net, [np.array(ORIGINAL_W, np.float32), ORIGINAL_B])
    net(X.double()).sum().backward()
    weight = net[0].weight
    assert isinstance(weight, nn.Parameter)
    assert weight.dtype == torch.float64
    assert weight.grad is not None


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([ORIGINAL_W], r"1 arrays for a net that takes 2: kernel of 0 \(2, 3\), bias of 0 \(3,\)"),
        ([np.transpose(ORIGINAL_W), ORIGINAL_B], r"\(3, 2\), 0 of the net takes \(2, 3\).*transp"),
        ([ORIGINAL_B, ORIGINAL_W], r"kernel is \(3,\), .* must be \(inputs, units\)"),
        ([ORIGINAL_W, [1, 2]], r"bias is \(2,\), 0 of the net takes \(3,\)"),
        ([[[1, 2], [3]], ORIGINAL_B], "kernel of layer 0 is no array: its rows differ"),
        ([[["a"] * 3] * 2, ORIGINAL_B], "kernel of layer 0 must hold numbers"),
        ({"1": [ORIGINAL_W, ORIGINAL_B]}, "no layer '1' with weights"),
        ({"0": [ORIGINAL_W]}, "1 arrays for 0, which takes kernel, bias"),
    ],
)
def test_refuses_what_does_not_fit(arrays: list, message: str) -> None:
    dense = nn.Linear(2, 3)
    before = dense.weight.clone()
    with pytest.raises(InputError, match=message):
        assign_arrays(nn.Sequential(dense, nn.ReLU()), arrays)
    assert torch.equal(dense.weight, before)


def test_refuses_computed_weights_and_nets_without_any() -> None:
    net = nn.Sequential(nn.Linear(2, 3))
    prune.l1_unstructured(net[0], "weight", 0.5)
    with pytest.raises(InputError, match=r"weight of layer 0 is computed .* make it permanent"):
        assign_arrays(net, [ORIGINAL_W, ORIGINAL_B])
    with pytest.raises(InputError, match="no layer with weights"):
        assign_arrays(nn.ReLU(), [])
    with pytest.raises(InputError, match="no moving mean"):
        keras_arrays(nn.BatchNorm1d(3, track_running_stats=False))


@pytest.mark.parametrize(
    "kernel",
    [
        np.array(ORIGINAL_W, ">f4"),
        np.array(ORIGINAL_W, np.longdouble),
        torch.tensor(ORIGINAL_W, dtype=torch.bfloat16),
        torch.tensor(ORIGINAL_W, dtype=torch.float32, requires_grad=True),
    ],
    ids=["big endian", "long double", "bfloat16", "requires grad"],
)
def test_takes_numbers_of_any_kind(kernel: Any) -> None:
    dense = nn.Linear(2, 3)
    assign_arrays(dense, [kernel, ORIGINAL_B])
    assert dense.weight.T.tolist() == ORIGINAL_W
    assert [a.tolist() for a in keras_arrays(dense.to(torch.bfloat16))] == [ORIGINAL_W, ORIGINAL_B]


def test_batch_normalization_without_scale_and_center_scales_by_one() -> None:
    norm = KerasBatchNorm1d(2).eval()
    nn.init.constant_(norm.weight, 5)
    nn.init.constant_(norm.bias, 5)
    moving = {"moving_mean": np.array([1.0, 2.0]), "moving_variance": np.array([3.0, 4.0])}
    assign_layers([("norm", norm, ForeignLayer("theirs", moving, 1e-3))], "a file")
    expected = (X - torch.tensor([1.0, 2.0])) / torch.tensor([3.001, 4.001]).sqrt()
    torch.testing.assert_close(norm(X).detach(), expected)
