import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import AuxiliaryOutputNet, BNBeforeActivation
from dnn_techniques.weights import (
    export_onnx,
    export_torch,
    load_keras_weights,
    load_safetensors,
)

Archive = Callable[..., Path]


def run_onnx(path: Path, x: torch.Tensor) -> torch.Tensor:
    (logits,) = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})
    return torch.from_numpy(np.asarray(logits))


def run_torch(path: Path, x: torch.Tensor) -> torch.Tensor:
    logits: torch.Tensor = torch.export.load(path).module()(x)
    return logits


@pytest.mark.parametrize(("export", "run"), [(export_onnx, run_onnx), (export_torch, run_torch)])
def test_predicts_as_the_net(
    export: Callable[..., None],
    run: Callable[[Path, torch.Tensor], torch.Tensor],
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    activations = iter([nn.PReLU(5), nn.RReLU(), nn.SELU()])
    net = MLP(
        6,
        (5, 4, 4),
        3,
        lambda _: next(activations),
        norm="before",
        norm_first=True,
        dropout=lambda: Dropout(0.5),
    )
    net(torch.randn(100, 2, 3))  # moves the statistics
    export(net, tmp_path / "net", (2, 3))
    assert net.training
    net.eval()
    for samples in (1, 2, 33):
        x = torch.randn(samples, 2, 3)
        assert float((run(tmp_path / "net", x) - net(x)).detach().abs().max()) < 1e-6
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


@pytest.mark.parametrize("activation", ["softplus", "softsign", "gelu", "swish"])
def test_onnx_has_the_smooth_activations(activation: str, tmp_path: Path) -> None:
    net = MLP(3, (4,), 2, activation).eval()
    export_onnx(net, tmp_path / "net", (3,))
    x = 3 * torch.randn(33, 3)
    assert float((run_onnx(tmp_path / "net", x) - net(x)).detach().abs().max()) < 1e-6


@pytest.mark.parametrize("export", [export_onnx, export_torch])
def test_refuses_samples_that_the_net_does_not_take(
    export: Callable[..., None], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"shape \(28, 27\); give an input_shape of 784 values"):
        export(MLP(784, (), 10), tmp_path / "net", (28, 27))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("library", ["onnx", "onnxscript"])
def test_without_onnx_says_how_to_get_it(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"{library} is not .*: pip install onnx onnxscript"):
        export_onnx(nn.Sequential(nn.Linear(2, 3)), tmp_path / "net")


@pytest.fixture
def checkpoint(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a short training by the command line."""
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    args = ["--data.validation", "50", "--trainer.max_epochs", "1", "--model.hidden", "[20]"]
    config = "experiments/bn/before_activation.yaml"
    args += ["--trainer.accelerator", "cpu", "--out", str(tmp_path / "runs")]
    assert main(["fit", "-c", config, *args]) == 0
    (best,) = tmp_path.glob("runs/bn/*/seed-42/checkpoints/best.ckpt")
    return best


def test_command_writes_a_run_for_each_runtime(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = BNBeforeActivation.load_from_checkpoint(checkpoint, weights_only=True).eval().cpu()
    x = torch.rand(3, 28, 28)
    export = ["export", "--ckpt_path", str(checkpoint), "--input_shape", "28", "28", "--format"]
    for kind, name in {"onnx": "a.onnx", "torch": "a.pt2", "keras": "a.h5"}.items():
        to = tmp_path / "exports" / name
        capsys.readouterr()
        assert main([*export, kind, "--to", str(to)]) == 0
        assert f"BNBeforeActivation written to {to}" in capsys.readouterr().out
    exports = tmp_path / "exports"
    assert float((run_onnx(exports / "a.onnx", x) - net(x)).detach().abs().max()) < 1e-6
    assert float((run_torch(exports / "a.pt2", x) - net(x)).detach().abs().max()) < 1e-6
    other = BNBeforeActivation(hidden=(20,)).eval()
    load_keras_weights(other.net, exports / "a.h5")
    assert torch.equal(other(x), net(x))
    safe = str(exports / "a.safetensors")
    assert main([*export, "safetensors", "--to", safe]) == 2
    assert "--input_shape is for other formats" in capsys.readouterr().err
    assert main([*export[:3], "--format", "safetensors", "--to", safe]) == 0
    third = BNBeforeActivation(hidden=(20,)).eval()
    load_safetensors(third.net, safe)
    assert torch.equal(third(x), net(x))


def test_command_says_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, foreign = tmp_path / "broken.ckpt", tmp_path / "foreign.ckpt"
    broken.write_text("no checkpoint")
    version = {"pytorch-lightning_version": "2.6.6"}
    torch.save({"state_dict": {}, "hyper_parameters": {"lr": 1}, **version}, foreign)
    for path, message in {
        tmp_path / "missing.ckpt": "no such file",
        broken: "is damaged or was not saved by PyTorch; give a run's checkpoint",
        foreign: "holds no module of `run` or `fit`",
    }.items():
        args = ["export", "--ckpt_path", str(path), "--format", "torch", "--to"]
        assert main([*args, str(tmp_path / "net.pt2")]) == 2
        printed = capsys.readouterr().err
        assert printed.count("\n") == 1
        assert message in printed
    assert main(["export", "--ckpt_path", str(broken), "--format", "h5", "--to", "x"]) == 2
    assert "choose from keras, onnx, torch, safetensors" in capsys.readouterr().err.replace("'", "")


def test_refuses_inputs_that_the_net_does_not_take(tmp_path: Path) -> None:
    net = AuxiliaryOutputNet().net
    for shapes in ([(5,), (5,)], [(5,), (6,), (1,)]):
        with pytest.raises(InputError, match=r"WideDeepAuxiliary takes no inputs of the shapes"):
            export_torch(net, tmp_path / "net", shapes)
    assert not list(tmp_path.iterdir())
