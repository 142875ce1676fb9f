import json
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import (
    ACTIVATIONS,
    MLP,
    KerasBatchNorm1d,
    MCAlphaDropout,
    MCDropout,
    StopGradient,
)
from dnn_techniques.weights import load_keras_weights, save_keras


def net_with(seed: int, activation: str = "prelu") -> MLP:
    torch.manual_seed(seed)
    net = MLP(12, (5, 4), 3, activation, norm="before", norm_first=True)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape))
    return net.eval()


def config_of(path: Path) -> list[dict[str, Any]]:
    """Class and settings of each layer."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    layers = config["config"]["layers"]
    return [{"class": layer["class_name"], **layer["config"]} for layer in layers]


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_comes_back(ending: str, by_name: bool, tmp_path: Path) -> None:
    """That Keras reads the same in these files is shown by tests/oracle/test_weights.py."""
    net, other = net_with(0), net_with(1)
    path = tmp_path / f"net{ending}"
    save_keras(net, path)
    x = torch.randn(5, 12)
    assert not torch.equal(other(x), net(x))
    load_keras_weights(other, path, by_name)
    assert torch.equal(other(x), net(x))
    assert list(tmp_path.iterdir()) == [path]


def test_describes_the_layers_as_keras_does(tmp_path: Path) -> None:
    save_keras(net_with(0, "leaky_relu"), tmp_path / "net.keras", (3, 4), "softmax")
    layers = config_of(tmp_path / "net.keras")
    assert [layer["class"] for layer in layers] == [
        "InputLayer",
        "Flatten",
        "BatchNormalization",
        *["Dense", "BatchNormalization", "LeakyReLU"] * 2,
        "Dense",
    ]
    assert layers[0]["batch_input_shape"] == [None, 3, 4]
    assert layers[2]["momentum"] == pytest.approx(0.99)
    assert (layers[2]["epsilon"], layers[2]["axis"]) == (1e-3, 1)
    assert (layers[3]["name"], layers[3]["units"], layers[3]["use_bias"]) == ("hidden1", 5, False)
    assert layers[5]["alpha"] == 0.3
    assert layers[-1]["activation"] == "softmax"
    assert "activation" not in layers[3]


@pytest.mark.parametrize(("slopes", "shared"), [(1, [1]), (4, None)])
def test_a_slope_for_all_units_is_shared(
    slopes: int, shared: list[int] | None, tmp_path: Path
) -> None:
    save_keras(nn.Sequential(nn.Linear(3, 4), nn.PReLU(slopes)), tmp_path / "net.keras")
    assert config_of(tmp_path / "net.keras")[-1].get("shared_axes") == shared


def test_outputs_are_logits_by_default(tmp_path: Path) -> None:
    save_keras(net_with(0), tmp_path / "net.keras")
    assert "activation" not in config_of(tmp_path / "net.keras")[-1]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_knows_every_activation(activation: str, tmp_path: Path) -> None:
    save_keras(MLP(3, (4,), 2, activation), tmp_path / "net.keras")
    layer = next(x for x in config_of(tmp_path / "net.keras") if x["name"] == "activation1")
    if "leaky" in activation:
        assert layer["alpha"] == ACTIVATIONS[activation].make(1).negative_slope
    elif activation == "rrelu":
        assert layer["alpha"] == pytest.approx(11 / 48)
    else:
        assert activation in (layer.get("activation"), layer["class"].lower())


@pytest.mark.parametrize(
    ("net", "name", "shape", "message"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.Mish()), "x.h5", None, r"layer 1 \(Mish\) has no count"),
        (nn.Sequential(nn.Linear(2, 3), nn.GELU("tanh")), "x.h5", None, r"\(GELU\) has no count"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softplus(2)), "x.h5", None, r"\(Softplus\) has no"),
        (nn.Sequential(nn.Linear(2, 3), MCDropout()), "x.h5", None, "layer 1 drops in predictions"),
        (nn.Sequential(nn.Linear(2, 3), MCAlphaDropout()), "x.h5", None, "drops in predictions"),
        (nn.Sequential(nn.Linear(2, 3)), "x.pt", None, r"x\.pt: .* must end in \.h5 or \.keras"),
        (nn.Sequential(nn.Linear(2, 3)), "x.weights.h5", None, r"end in \.h5 or \.keras"),
        (nn.Sequential(nn.Linear(2, 3)), "x.h5", (3,), r"shape \(3,\); .* of 2 values"),
        (nn.Sequential(nn.BatchNorm2d(2)), "x.h5", (2, 5, 5), r"layer 0 \(BatchNorm2d\) has no"),
        (nn.Sequential(nn.BatchNorm1d(2, momentum=None)), "x.h5", None, "without momentum"),
        (nn.Sequential(OrderedDict({"_a": nn.Linear(2, 3)})), "x.h5", None, "no name with /"),
    ],
)
def test_refuses_what_keras_has_not(
    net: nn.Module, name: str, shape: tuple[int, ...] | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as error:
        save_keras(net, tmp_path / name, shape)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_layer_may_be_called_input(tmp_path: Path) -> None:
    net = nn.Sequential(OrderedDict(input=nn.Linear(2, 3), stop=StopGradient()))
    save_keras(net, tmp_path / "net.keras")
    layers = config_of(tmp_path / "net.keras")
    assert [layer["name"] for layer in layers] == ["input_layer", "input", "stop"]
    assert layers[-1]["activation"] == "linear"


def test_softmax_needs_a_dense_output(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(2, 3), KerasBatchNorm1d(3))
    with pytest.raises(InputError, match="softmax outputs need a dense layer at the net's end"):
        save_keras(net, tmp_path / "x.h5", output_activation="softmax")


def test_without_h5py_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match="h5py is not installed: pip install h5py"):
        save_keras(nn.Sequential(nn.Linear(2, 3)), tmp_path / "x.h5")
