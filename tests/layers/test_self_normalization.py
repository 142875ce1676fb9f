import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.layers import MLP, Dense, Dropout
from dnn_techniques.layers.initializers import glorot_normal, he_normal, lecun_normal
from dnn_techniques.layers.self_normalization import self_normalization, signal_statistics

DOCUMENTED = documented_table("selu_self_normalization")["rows"]


def test_reproduces_the_documented_table_to_its_printed_digits() -> None:
    signal = self_normalization()
    assert signal.mean.shape == signal.std.shape == (1000,)
    for n, mean, std in DOCUMENTED:
        # Rounding of 1e-16 grows a hundredfold every hundred layers: a processor that adds in
        # another order has .82500 at layer 800 on the other side of the printed digit's edge.
        grown = 1e-3 if n >= 800 else 1e-5
        assert signal.mean[n] == pytest.approx(mean, abs=0.005 + grown)
        assert signal.std[n] == pytest.approx(std, abs=0.005 + grown)


def test_another_seed_gives_another_table() -> None:
    assert not np.array_equal(
        self_normalization(depth=5).std, self_normalization(depth=5, seed=43).std
    )


def test_lecun_normal_of_the_package_normalizes_too_and_repeats() -> None:
    signal = self_normalization(depth=300, initializer=lecun_normal)
    assert np.abs(signal.mean).max() < 0.2
    assert 0.7 < signal.std.min() < signal.std.max() < 1.3
    again = self_normalization(depth=300, initializer=lecun_normal)
    assert np.array_equal(signal.std, again.std)


def test_torchs_selu_gain_does_not_normalize() -> None:
    def kaiming(weight: Tensor, generator: torch.Generator) -> object:
        return nn.init.kaiming_normal_(weight, nonlinearity="selu", generator=generator)

    assert self_normalization(depth=300, initializer=kaiming).std[-1] < 0.6


def test_saturating_and_vanishing_signals() -> None:
    tanh = self_normalization(depth=100, activation="tanh", initializer=glorot_normal)
    relu = self_normalization(depth=100, activation="relu", initializer=glorot_normal)
    assert tanh.std[-1] < 0.2  # shrinks like 1 / sqrt(depth)
    assert relu.std[-1] < 1e-10  # halves its variance in each layer
    assert self_normalization(depth=20, activation="relu", initializer=he_normal).std[-1] > 0.05


@pytest.mark.parametrize("name", ["prelu", "rrelu", "elu", "linear"])
def test_takes_any_activation_and_repeats(name: str) -> None:
    first = self_normalization(depth=3, units=10, samples=20, activation=name)
    again = self_normalization(depth=3, units=10, samples=20, activation=name)
    assert np.isfinite(first.mean).all()
    assert np.array_equal(first.mean, again.mean)


def test_statistics_of_one_layer_are_numpys() -> None:
    stream = np.random.RandomState(7)
    inputs, kernel = stream.normal(size=(6, 4)), stream.normal(scale=0.5, size=(4, 4))
    outputs = inputs @ kernel
    signal = self_normalization(1, units=4, samples=6, activation="linear", seed=7)
    assert signal.mean[0] == pytest.approx(outputs.mean(axis=0).mean(), abs=1e-14)
    assert signal.std[0] == pytest.approx(outputs.std(axis=0).mean(), abs=1e-14)


@pytest.mark.parametrize("name", ["depth", "units", "samples"])
def test_sizes_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        self_normalization(**{name: 0})  # type: ignore[arg-type]


def test_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="activation must be one of"):
        self_normalization(depth=1, activation="swich")


def test_the_statistics_of_a_net_are_those_of_the_stack_of_its_layers() -> None:
    torch.manual_seed(0)
    net = MLP(50, [40] * 3, 10, "selu", lecun_normal)
    x = torch.randn(200, 50)
    dense = [layer for layer in net.modules() if isinstance(layer, Dense)]
    found = signal_statistics(net, dense[1:], x)
    signal = x
    for i in (1, 2, 3):
        signal = net.get_submodule(f"activation{i}")(net.get_submodule(f"hidden{i}")(signal))
        assert found.mean[i - 1] == pytest.approx(signal.mean().item(), abs=1e-6)
        std = signal.std(dim=0, correction=0).mean().item()
        assert found.std[i - 1] == pytest.approx(std, rel=1e-5)


def test_statistics_are_taken_in_the_mode_of_the_net() -> None:
    torch.manual_seed(0)
    net = MLP(50, [40], 10, "selu", lecun_normal, dropout=lambda: Dropout(0.5))
    x = torch.randn(500, 50)
    training = signal_statistics(net, [net.get_submodule("output")], x).std[0]
    inference = signal_statistics(net.eval(), [net.get_submodule("output")], x).std[0]
    assert training > 1.3 * inference
    assert not any(m._forward_pre_hooks for m in net.modules())
