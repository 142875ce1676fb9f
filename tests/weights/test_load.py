import json
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import Dense, KerasBatchNorm1d
from dnn_techniques.weights import load_keras_weights

Net = Callable[..., nn.Sequential]

FILES = [
    "tf_model.h5",
    "tf_weights.h5",
    "tf_model.keras",
    "keras3_model.h5",
    "keras3_model.keras",
    "keras3.weights.h5",
]
LAYERS = ["norm0", "hidden1", "norm1", "activation1", "hidden2", "output"]


def distance(a: Tensor, b: Tensor) -> float:
    return float((a.detach() - b).abs().max())


@pytest.mark.parametrize("by_name", [False, True], ids=["by order", "by name"])
@pytest.mark.parametrize("file", FILES)
def test_predicts_as_keras_does(
    file: str, by_name: bool, keras_files: Path, make_net: Net, predictions: dict[str, Tensor]
) -> None:
    net = make_net()
    assert load_keras_weights(net, keras_files / file, by_name) == {k: k for k in LAYERS}
    logits = net(predictions["x"])
    assert distance(logits, predictions["logits"]) < 1e-6
    assert distance(logits.softmax(dim=1), predictions["probabilities"]) < 1e-6


@pytest.mark.parametrize(
    "replaced",
    [
        {"norm0": nn.BatchNorm1d(4), "norm1": nn.BatchNorm1d(5)},
        {"activation2": nn.LeakyReLU()},
    ],
    ids=["batch normalization", "leaky ReLU"],
)
def test_torchs_own_layers_miss_keras(
    replaced: dict[str, nn.Module], keras_files: Path, make_net: Net, predictions: dict[str, Tensor]
) -> None:
    net = make_net(**replaced)
    load_keras_weights(net, keras_files / "tf_weights.h5")
    assert distance(net(predictions["x"]), predictions["logits"]) > 1e-4


@pytest.mark.parametrize("file", [f for f in FILES if "weights" not in f])
def test_a_model_file_refuses_another_epsilon(file: str, keras_files: Path, make_net: Net) -> None:
    with pytest.raises(InputError, match=r"epsilon 0\.001, .*1e-05; .*KerasBatchNorm1d\(4, eps"):
        load_keras_weights(make_net(norm0=nn.BatchNorm1d(4)), keras_files / file)


@pytest.mark.parametrize("file", FILES)
def test_named_layers_are_assigned_and_others_kept(
    file: str, keras_files: Path, make_net: Net
) -> None:
    whole, net = make_net(), make_net()
    load_keras_weights(whole, keras_files / file)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    pairs = {"activation1": "activation1", "norm1": "norm1"}
    assert load_keras_weights(net, keras_files / file, pairs) == pairs
    for name, value in net.state_dict().items():
        expected = whole.state_dict() if name.split(".")[0] in pairs else before
        assert torch.equal(value, expected[name]), name


def test_a_net_inside_another_is_loaded_by_its_order(
    keras_files: Path, make_net: Net, predictions: dict[str, Tensor]
) -> None:
    layers = list(make_net())
    net = nn.Sequential(nn.Sequential(*layers[:4]), nn.Sequential(*layers[4:])).eval()
    load_keras_weights(net, keras_files / "tf_model.h5")
    assert distance(net(predictions["x"]), predictions["logits"]) < 1e-6


WRONG: list[tuple[dict[str, nn.Module], Any, str]] = [
    (
        {"hidden2": Dense(5, 6), "output": Dense(6, 3)},
        False,
        r"layer 'hidden2': kernel is \(5, 4\), hidden2 of the net takes \(5, 6\);"
        r" make it nn.Linear\(5, 4\)",
    ),
    ({"activation1": nn.PReLU()}, False, r"alpha is \(5,\), activation1 .* \(1,\); .*for 5 units"),
    (
        {"hidden2": Dense(5, 4, bias=False)},
        False,
        "'hidden2' has a bias, hidden2 of the net has no",
    ),
    ({"hidden1": Dense(4, 5)}, False, "'hidden1' has no bias, .* make it with bias=False"),
    ({"norm0": KerasBatchNorm1d(4, eps=0.01)}, True, "epsilon 0.001, norm0 of the net 0.01"),
    ({"norm0": nn.Identity()}, False, r"6 layers with weights \(norm0, .*\), the net 5 \(hidden1"),
    (
        {"norm1": nn.PReLU(5), "activation1": KerasBatchNorm1d(5)},
        False,
        "'norm1' is batch normalization, but norm1 of the net, in its place, is PReLU",
    ),
    ({"extra": nn.Conv1d(1, 1, 1)}, False, "layer extra is a Conv1d; .* dense, batch norm"),
    ({"norm0": nn.BatchNorm1d(4, affine=False)}, False, "'norm0' has a gamma, norm0 of the net"),
    ({}, {"hidden3": "hidden1"}, "no layer 'hidden3' with weights: did you mean"),
    ({}, {"hidden1": "hiden1"}, "no layer 'hiden1' with weights: did you mean hidden1"),
    ({}, {"hidden1": "norm1"}, "'norm1' is batch normalization, but hidden1 .* is dense"),
]


@pytest.mark.parametrize(("replaced", "by_name", "message"), WRONG)
def test_refuses_what_does_not_fit_and_changes_nothing(
    replaced: dict[str, nn.Module], by_name: Any, message: str, keras_files: Path, make_net: Net
) -> None:
    net = make_net(**replaced)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(InputError, match=message) as error:
        load_keras_weights(net, keras_files / "tf_model.h5", by_name)
    assert "\n" not in str(error.value)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_names_a_few_of_many_layers(keras_files: Path) -> None:
    deep = nn.Sequential(*[nn.Linear(1, 1) for _ in range(100)])
    with pytest.raises(InputError, match=r"the net 100 \(0, 1, 2, 3, 4, 5, 6, \.\.\.\); make"):
        load_keras_weights(deep, keras_files / "tf_model.h5")


def test_says_when_no_name_is_shared(keras_files: Path) -> None:
    with pytest.raises(InputError, match=re.escape("pair them: by_name={'0': 'norm0'}")):
        load_keras_weights(nn.Sequential(nn.Linear(4, 5)), keras_files / "tf_model.h5", True)


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_is_named(
    file: str, keras_files: Path, tmp_path: Path, make_net: Net
) -> None:
    cut = tmp_path / file
    cut.write_bytes((keras_files / file).read_bytes()[:2000])
    with pytest.raises(InputError, match=rf"{file} is damaged or no Keras file"):
        load_keras_weights(make_net(), cut)


def test_files_of_something_else_are_named(tmp_path: Path, make_net: Net) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1, 2]
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("readme", "")
    for name, message in {
        "other.h5": "none of Keras's layouts",
        "other.keras": "no Keras file",
        "missing.h5": "no such file",
    }.items():
        with pytest.raises(InputError, match=f"{name}.*{message}"):
            load_keras_weights(make_net(), tmp_path / name)


def test_without_h5py_says_how_to_get_it(
    keras_files: Path, make_net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match="h5py is not installed: pip install h5py"):
        load_keras_weights(make_net(), keras_files / "tf_model.h5")


def test_reads_lists_of_names_that_keras_parted(
    keras_files: Path, tmp_path: Path, make_net: Net, predictions: dict[str, Tensor]
) -> None:
    """HDF5 bounds the length of an attribute; Keras then numbers the parts of a list."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "parted.h5"
    shutil.copy(keras_files / "tf_weights.h5", path)
    with h5py.File(path, "r+") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:4], names[4:]
    net = make_net()
    load_keras_weights(net, path)
    assert distance(net(predictions["x"]), predictions["logits"]) < 1e-6


def test_eleven_layers_of_a_class_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """By their names the eleventh, dense_10, would come before dense_2."""
    with h5py.File(tmp_path / "x.weights.h5", "w") as file:
        for i in range(11):
            group = file.create_group(f"layers/dense_{i}/vars" if i else "layers/dense/vars")
            group["0"], group["1"] = np.full((2, 2), i), np.full(2, i)
    net = nn.Sequential(*(nn.Linear(2, 2) for _ in range(11)))
    load_keras_weights(net, tmp_path / "x.weights.h5")
    assert [b[0].item() for name, b in net.named_parameters() if "bias" in name] == list(range(11))


def test_the_epsilon_of_a_model_in_the_model_counts(tmp_path: Path) -> None:
    norm = {"class_name": "BatchNormalization", "config": {"name": "bn", "epsilon": 0.05}}
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [norm]}}
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"config": {"layers": [inner]}})
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["inner"]
        names = [f"inner/bn/{key}" for key in ("gamma", "beta", "moving_mean", "moving_variance")]
        weights.create_group("inner").attrs["weight_names"] = names
        for name in names:
            weights["inner"][name] = np.ones(2)
    load_keras_weights(nn.Sequential(KerasBatchNorm1d(2, eps=0.05)), tmp_path / "x.h5")
    with pytest.raises(InputError, match=r"has epsilon 0\.05, 0 of the net 0\.001"):
        load_keras_weights(nn.Sequential(KerasBatchNorm1d(2)), tmp_path / "x.h5")


def test_numbers_that_numpy_has_not_are_refused(tmp_path: Path) -> None:
    """Keras writes bfloat16 as two bytes without a meaning."""
    with h5py.File(tmp_path / "x.weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group["0"], group["1"] = np.zeros((2, 2), "V2"), np.zeros(2, "V2")
    with pytest.raises(InputError, match=r"kernel holds .*V2; save it as float32"):
        load_keras_weights(nn.Sequential(nn.Linear(2, 2)), tmp_path / "x.weights.h5")


def stored_elsewhere(h5py: Any, path: Path, how: str) -> None:
    """Write weights of one dense layer whose kernel the file has not got itself."""
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["kernel"] = np.ones((4, 5), np.float32)
    path.with_name("raw").write_bytes(np.ones((4, 5), np.float32).tobytes())
    with h5py.File(path, "w") as file:
        layer = file.create_group("dense")
        file.attrs["layer_names"] = ["dense"]
        layer.attrs["weight_names"] = ["kernel", "bias"]
        layer["bias"] = np.zeros(5, np.float32)
        if how == "external link":
            layer["kernel"] = h5py.ExternalLink("other.h5", "kernel")
        elif how == "soft link":
            layer["kernel"] = h5py.SoftLink("/dense/bias")
        elif how == "external storage":
            raw = [(str(path.with_name("raw")), 0, 80)]
            layer.create_dataset("kernel", (4, 5), np.float32, external=raw)
        elif how == "virtual":
            layout = h5py.VirtualLayout((4, 5), np.float32)
            layout[:] = h5py.VirtualSource(path.with_name("other.h5"), "kernel", (4, 5))
            layer.create_virtual_dataset("kernel", layout)
        else:
            layer.create_dataset("kernel", (10**6, 10**6), np.float32, chunks=(1000, 1000))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("external link", "kernel is a link to elsewhere"),
        ("soft link", "kernel is a link to elsewhere"),
        ("external storage", "kernel lie in another file"),
        ("virtual", "kernel lie in another file"),
        ("declared", r"kernel is \(1000000, 1000000\), but only 0 bytes are stored"),
    ],
)
def test_weights_come_from_the_file_alone(tmp_path: Path, how: str, message: str) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "weights.h5"
    stored_elsewhere(h5py, path, how)
    layer = nn.Linear(4, 5)
    before = layer.weight.clone()
    with pytest.raises(InputError, match=f"weights.h5 is damaged or no Keras file .*{message}"):
        load_keras_weights(layer, path)
    assert layer.weight.equal(before)


@pytest.mark.parametrize("error", [RuntimeError, AttributeError, RecursionError, MemoryError])
def test_whatever_a_damaged_file_raises_is_one_line(
    keras_files: Path, make_net: Net, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(*args: object) -> None:
        raise error("deep inside")

    monkeypatch.setattr("dnn_techniques.weights.load.read_legacy", broken)
    with pytest.raises(InputError, match=r"tf_model.h5 is damaged or no Keras file"):
        load_keras_weights(make_net(), keras_files / "tf_model.h5")


def test_a_file_that_swells_is_refused(tmp_path: Path, make_net: Net) -> None:
    path = tmp_path / "swells.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}" + " " * 10_000_000)
        archive.writestr("model.weights.h5", "")
    with pytest.raises(InputError, match=r"config.json is 10000002 bytes of"):
        load_keras_weights(make_net(), path)


def test_weights_that_are_not_finite_are_refused(
    keras_files: Path, tmp_path: Path, make_net: Net
) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "nan.h5"
    shutil.copy(keras_files / "tf_weights.h5", path)
    with h5py.File(path, "r+") as file:
        found: list[Any] = []
        file.visititems(lambda _, item: found.append(item))
        kernel = next(item for item in found if isinstance(item, h5py.Dataset))
        kernel[...] = np.nan
    with pytest.raises(InputError, match="is not finite"):
        load_keras_weights(make_net(), path)
