import pytest
import torch
from torch import nn

from dnn_techniques.layers import MLP, KerasBatchNorm1d, he_normal, lecun_normal


def kinds(net: nn.Module) -> list[str]:
    return [type(layer).__name__.replace("Keras", "") for layer in net.children()]


def test_plain() -> None:
    net = MLP(784, (300, 100), 10)
    assert kinds(net) == ["Flatten", "Dense", "ReLU", "Dense", "ReLU", "Dense"]
    assert net(torch.zeros(2, 28, 28)).shape == (2, 10)


def test_norm_after() -> None:
    net = MLP(4, (3,), 2, norm="after", norm_first=True)
    assert kinds(net) == ["Flatten", "BatchNorm1d", "Dense", "ReLU", "BatchNorm1d", "Dense"]
    assert all(layer.bias is not None for layer in net if isinstance(layer, nn.Linear))


def test_norm_before_drops_the_bias_it_would_subtract() -> None:
    net = MLP(4, (3,), 2, norm="before")
    assert kinds(net) == ["Flatten", "Dense", "BatchNorm1d", "ReLU", "Dense"]
    assert [layer.bias is None for layer in net if isinstance(layer, nn.Linear)] == [True, False]


def test_layers_have_names() -> None:
    assert list(dict(MLP(4, (3, 3), 2, norm="after", norm_first=True).named_children())) == [
        "flatten",
        "norm0",
        "hidden1",
        "activation1",
        "norm1",
        "hidden2",
        "activation2",
        "norm2",
        "output",
    ]


def test_norm_first_alone() -> None:
    assert kinds(MLP(4, (), 2, norm_first=True)) == ["Flatten", "BatchNorm1d", "Dense"]
    assert isinstance(MLP(4, (), 2, norm_first=True)[1], KerasBatchNorm1d)


def test_starts_as_keras_does() -> None:
    """Zero biases and glorot_uniform: nn.Linear would draw both from another interval."""
    layer = MLP(300, (), 100)[1]
    assert isinstance(layer, nn.Linear)
    assert torch.equal(layer.bias, torch.zeros(100))
    assert layer.weight.abs().max() > nn.Linear(300, 100).weight.abs().max()
    assert layer.weight.abs().max() <= (6 / 400) ** 0.5


def test_initializer_fills_every_hidden_kernel() -> None:
    torch.manual_seed(0)
    net = MLP(400, (200, 100), 50, initializer=he_normal)
    stds = [layer.weight.std().item() for layer in net if isinstance(layer, nn.Linear)][:2]
    assert stds == pytest.approx([(2 / n) ** 0.5 for n in (400, 200)], rel=0.05)


def test_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="norm must be none, before or after, got 'between'"):
        MLP(4, (3,), 2, norm="between")  # type: ignore[arg-type]


def test_activations_by_name_and_by_width() -> None:
    net = MLP(4, (3, 5), 2, activation="prelu")
    slopes = [layer.weight for layer in net if isinstance(layer, nn.PReLU)]
    assert [slope.tolist() for slope in slopes] == [[0.0] * 3, [0.0] * 5]
    made = MLP(4, (3, 5), 2, activation=lambda units: nn.PReLU(units, init=units))
    assert [p.weight[0].item() for p in made if isinstance(p, nn.PReLU)] == [3, 5]
    with pytest.raises(ValueError, match="did you mean"):
        MLP(4, (3,), 2, activation="reluu")


def test_dropout_comes_before_every_dense_layer() -> None:
    net = MLP(4, (3, 5), 2, dropout=lambda: nn.Dropout(0.2))
    assert list(dict(net.named_children())) == [
        "flatten",
        "dropout0",
        "hidden1",
        "activation1",
        "dropout1",
        "hidden2",
        "activation2",
        "dropout2",
        "output",
    ]


def test_the_output_layer_has_kerass_default_initializer() -> None:
    """The documents name an initializer for the hidden layers only: LeCun's would be smaller."""
    torch.manual_seed(0)
    net = MLP(20, (100,), 1000, "selu", lecun_normal)
    output = net.get_submodule("output").weight
    assert isinstance(output, torch.Tensor)
    limit = (6 / (100 + 1000)) ** 0.5
    assert output.abs().max().item() == pytest.approx(limit, rel=0.01)
    assert output.std().item() == pytest.approx(limit / 3**0.5, rel=0.01)
    own = MLP(20, (100,), 10, "selu", lecun_normal, output_initializer=nn.init.zeros_)
    assert (own.get_submodule("output").weight == 0).all()  # type: ignore[union-attr]


def test_a_bias_before_a_norm_and_dropout_from_a_layer_on() -> None:
    net = MLP(4, (3, 3), 2, norm="before", norm_bias=True, dropout=nn.Dropout, first_dropout=1)
    assert all(layer.bias is not None for layer in net if isinstance(layer, nn.Linear))
    assert [name for name, _ in net.named_children() if "dropout" in name] == [
        "dropout1",
        "dropout2",
    ]
