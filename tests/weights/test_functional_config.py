import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.errors import InputError
from dnn_techniques.modules import AuxiliaryOutputNet, TwoInputsNet, WideDeepNet
from dnn_techniques.modules.wide_deep import WideDeep, WideDeepAuxiliary
from dnn_techniques.weights import load_keras_weights, save_keras

TWO = [(5,), (6,)]


def model_of(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))["config"]


def test_describes_the_graph(tmp_path: Path) -> None:
    save_keras(AuxiliaryOutputNet().net, tmp_path / "net.keras", TWO)
    model = model_of(tmp_path / "net.keras")
    sources = {
        layer["name"]: (
            layer["class_name"],
            [source[0] for call in layer["inbound_nodes"] for source in call],
        )
        for layer in model["layers"]
    }
    assert sources == {
        "wide_input": ("InputLayer", []),
        "deep_input": ("InputLayer", []),
        "deep.hidden1": ("Dense", ["deep_input"]),
        "deep.activation1": ("Activation", ["deep.hidden1"]),
        "deep.hidden2": ("Dense", ["deep.activation1"]),
        "deep.activation2": ("Activation", ["deep.hidden2"]),
        "cat": ("Concatenate", ["wide_input", "deep.activation2"]),
        "output": ("Dense", ["cat"]),
        "auxiliary": ("Dense", ["deep.activation2"]),
    }
    shapes = [c["config"].get("batch_input_shape") for c in model["layers"]]
    assert [shape for shape in shapes if shape] == [[None, 6], [None, 5]]
    assert model["input_layers"] == [["wide_input", 0, 0], ["deep_input", 0, 0]]
    assert model["output_layers"] == [["output", 0, 0], ["auxiliary", 0, 0]]


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize(
    ("card", "shape"), [(WideDeepNet, None), (TwoInputsNet, TWO), (AuxiliaryOutputNet, TWO)]
)
def test_comes_back(
    card: Callable[[], Any], shape: Any, by_name: bool, ending: str, tmp_path: Path
) -> None:
    net, back = card().net, card().net
    save_keras(net, tmp_path / f"net.{ending}", shape)
    load_keras_weights(back, tmp_path / f"net.{ending}", by_name)
    weights = back.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())


def test_a_single_input_goes_both_ways(tmp_path: Path) -> None:
    save_keras(WideDeepNet().net, tmp_path / "net.keras")
    model = model_of(tmp_path / "net.keras")
    assert model["input_layers"] == ["wide_input", 0, 0]
    assert model["output_layers"] == ["output", 0, 0]
    (cat,) = [layer for layer in model["layers"] if layer["name"] == "cat"]
    assert cat["inbound_nodes"][0][0] == ["wide_input", 0, 0, {}]


class Towers(nn.Module):
    """A tower of one layer and one of two, all of one shape: their order cannot be told by it."""

    def __init__(self) -> None:
        super().__init__()
        self.short = nn.Linear(3, 3)
        self.long = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        self.output = nn.Linear(6, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        y: Tensor = self.output(torch.cat([self.short(a), self.long(b)], 1))
        return y


def test_layers_come_in_keras_s_order(tmp_path: Path) -> None:
    """Farthest from the output first, whatever is called first here; see the oracle."""
    save_keras(Towers(), tmp_path / "net.keras", [(3,), (3,)])
    dense = [m["name"] for m in model_of(tmp_path / "net.keras")["layers"] if "." in m["name"]]
    names = [m["name"] for m in model_of(tmp_path / "net.keras")["layers"]]
    assert names.index("long.0") < names.index("short") < names.index("long.1")
    assert dense == ["long.0", "long.1"]


class Doing(nn.Module):
    """Does one more thing with the output of a layer."""

    def __init__(self, does: Callable[..., Any]) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.does = does

    def forward(self, a: Tensor) -> Any:
        return self.does(self.layer(a), self)


@pytest.mark.parametrize(
    ("does", "message"),
    [
        (lambda y, net: F.relu(y), "Doing does relu beside its layers, .* as onnx or torch"),
        (lambda y, net: y + 1, "Doing does add beside its layers"),
        (lambda y, net: y.exp(), "Doing does exp beside its layers"),
        (lambda y, net: net.layer(y), "layer layer is called twice"),
        (lambda y, net: y if y.sum() > 0 else -y, "Doing is no fixed graph of layers"),
        (lambda y, net: {"y": y}, "Doing is no fixed graph of layers"),
    ],
)
def test_refuses_what_keras_cannot_be_told(
    does: Callable[..., Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as error:
        save_keras(Doing(does), tmp_path / "net.keras")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_probabilities_need_a_dense_output(tmp_path: Path) -> None:
    class Activated(WideDeep):
        def forward(self, wide: Tensor, deep: Tensor | None = None) -> Any:
            return self.deep(wide)

    save_keras(WideDeep(2, 2, (3,), 1), tmp_path / "net.keras", None, "sigmoid")
    assert model_of(tmp_path / "net.keras")["layers"][-1]["config"]["activation"] == "sigmoid"
    with pytest.raises(InputError, match="sigmoid outputs need a dense layer"):
        save_keras(Activated(2, 2, (3,), 1), tmp_path / "x.h5", None, "sigmoid")


@pytest.mark.parametrize("ending", ["h5", "keras", "weights.h5"])
@pytest.mark.parametrize("library", ["tf", "keras3"])
def test_predicts_as_a_file_of_keras(
    library: str, ending: str, keras_files: Path, predictions: dict[str, Tensor]
) -> None:
    net = WideDeepAuxiliary(2, 3, (4, 4), 1)
    names = load_keras_weights(net, keras_files / f"{library}_wide_deep.{ending}")
    assert list(names) == ["deep.hidden1", "deep.hidden2", "output", "auxiliary"]
    if ending != "weights.h5":
        assert list(names.values()) == ["first", "second", "main_output", "aux_output"]
    x = predictions["x"]
    outputs = torch.stack(net(x[:, 0], x.reshape(6, 4)[:, 1:]))[..., 0]
    assert float((outputs - predictions["wide_deep"]).detach().abs().max()) < 1e-6
