import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP
from dnn_techniques.weights import load_safetensors, save_safetensors


def make_net() -> nn.Module:
    return MLP(4, (3,), 2, norm="before")


def test_there_and_back(tmp_path: Path) -> None:
    net, other = make_net(), make_net()
    net(torch.randn(5, 4))  # moves the statistics
    save_safetensors(net, tmp_path / "net")
    load_safetensors(other, tmp_path / "net")
    for name, value in net.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name
        assert torch.equal(load_file(tmp_path / "net")[name], value), name


def test_weights_that_share_their_memory(tmp_path: Path) -> None:
    layer = nn.Linear(3, 3)
    net = nn.Sequential(layer, layer)
    save_safetensors(net, tmp_path / "net")
    load_safetensors(net, tmp_path / "net")


def _damage(what: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(what(path.read_bytes()))


def _with(**changed: torch.Tensor) -> Callable[[Path], object]:
    return lambda path: save_file({**load_file(path), **changed}, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_damage(lambda data: data[:-7]), "is damaged"),
        (_damage(lambda data: b""), "is damaged"),
        (_damage(lambda data: b"words, not tensors"), "is damaged"),
        (_damage(lambda data: bytes(100)), "is damaged"),
        (_with(more=torch.ones(1)), r"more is \(1,\), in the net not there"),
        (_with(**{"output.bias": torch.ones(3)}), r"output.bias is \(3,\), in the net \(2,\)"),
        (_with(**{"output.bias": torch.tensor([1.0, torch.nan])}), "output.bias is not finite"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    net, other = make_net(), make_net()
    save_safetensors(net, tmp_path / "net")
    damage(tmp_path / "net")
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(InputError, match=rf"/net:? {message}"):
        load_safetensors(other, tmp_path / "net")
    for name, value in other.state_dict().items():
        assert torch.equal(before[name], value)


def test_a_missing_file_or_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_safetensors(make_net(), tmp_path / "net")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(InputError, match="is not installed: pip install safetensors"):
        save_safetensors(make_net(), tmp_path / "net")
    assert not list(tmp_path.iterdir())
