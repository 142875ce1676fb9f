import math

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

from dnn_techniques.layers import MLP, VarianceScaling, he_normal, lecun_normal
from dnn_techniques.replay import draw_seed, keras_like_init, truncated_normal, uniform


def kernel(layer: nn.Module) -> NDArray[np.float32]:
    """Kernel of a dense layer as Keras has it, (inputs, units)."""
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach().numpy().T


def test_an_mlp_takes_its_own_initializers_in_order() -> None:
    net = MLP(784, (30,), 10, "prelu", he_normal, norm="after", norm_first=True)
    nn.init.ones_(net.get_parameter("output.bias"))
    assert keras_like_init(net, 42, first_draw=5) == 7
    std = math.sqrt(2 / 784) / 0.87962566103423978
    hidden = truncated_normal((784, 30), std, 42, draw_seed(42, 5))
    np.testing.assert_array_equal(kernel(net.get_submodule("hidden1")), hidden)
    limit = math.sqrt(6 / 40)
    output = uniform((30, 10), -limit, limit, 42, draw_seed(42, 6))
    np.testing.assert_array_equal(kernel(net.get_submodule("output")), output)
    assert not net.get_parameter("output.bias").any()
    assert net.get_parameter("norm0.weight").eq(1).all()


def test_other_nets_have_keras_s_default_or_what_is_said() -> None:
    net = nn.Sequential(nn.Linear(20, 8), nn.ReLU(), nn.Linear(8, 3, bias=False))
    keras_like_init(net, 7, initializers={"2": lecun_normal})
    limit = math.sqrt(6 / 28)
    np.testing.assert_array_equal(
        kernel(net[0]), uniform((20, 8), -limit, limit, 7, draw_seed(7, 0))
    )
    std = math.sqrt(1 / 8) / 0.87962566103423978
    np.testing.assert_array_equal(kernel(net[2]), truncated_normal((8, 3), std, 7, draw_seed(7, 1)))


def test_convolutions_are_drawn_window_first() -> None:
    net = nn.Conv2d(3, 4, kernel_size=(2, 5))
    keras_like_init(net, 7)
    limit = math.sqrt(6 / (10 * 7))
    keras = uniform((2, 5, 3, 4), -limit, limit, 7, draw_seed(7, 0))
    assert net.weight[1, 2, 0, 4].item() == keras[0, 4, 2, 1]


def test_what_cannot_be_replayed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0, got -1"):
        keras_like_init(nn.Linear(2, 2), 42, first_draw=-1)
    with pytest.raises(ValueError, match="got none"):
        keras_like_init(nn.ReLU())
    with pytest.raises(ValueError, match="layer hidden1 has no initializer"):
        keras_like_init(MLP(4, (3,), 2, initializer=nn.init.normal_))
    untruncated = VarianceScaling(1.0, "fan_in", "untruncated_normal")
    keras_like_init(net := nn.Linear(2000, 100), initializers={"*": untruncated})
    assert net.weight.abs().max() > 3 * math.sqrt(1 / 2000)


def test_a_misspelt_layer_is_refused() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    with pytest.raises(ValueError, match="no layer is named 'hidden1'; there are 0, 2"):
        keras_like_init(net, initializers={"hidden1": he_normal})
