"""Commands on tables: a regression runs, resumes, is compared and evaluated like any experiment."""

import json
import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.modules import AuxiliaryOutputNet
from dnn_techniques.weights import load_keras_weights
from tests.data.tables import housing_file, table_file

Capture = pytest.CaptureFixture[str]

EXPERIMENT = """# Two inputs
model:
  class_path: dnn_techniques.modules.AuxiliaryOutputNet
data:
  class_path: dnn_techniques.data.TableData
  init_args:
    inputs: [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]]
trainer:
  max_epochs: 2
"""


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of one's own, beside a small California housing."""
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(housing_file(tmp_path / "data").parent))
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(EXPERIMENT)
    return "own.yaml"


def test_run_and_compare(experiment: str, capsys: Capture) -> None:
    assert main(["run", experiment, "--seeds", "2"]) == 0
    result = json.loads(Path("runs/own/seed-43/result.json").read_text())
    assert result["data"]["name"] == "california_housing"
    assert result["parameters"]["total"] == 1207
    for part in ("train", "test"):
        assert set(result[part]) == {"loss", "main_loss", "auxiliary_loss", "mae"}
    rows = Path("runs/own/seed-43/metrics.csv").read_text().splitlines()
    assert len(rows) == 3
    assert {"val_loss", "val_main_loss", "val_mae", "printed_loss"} <= set(rows[0].split(","))
    capsys.readouterr()
    assert main(["compare", experiment]) == 0
    assert "val_mae" in capsys.readouterr().out
    assert Path("runs/own/curves.png").exists()


def test_fit_goes_on_and_predicts(experiment: str, capsys: Capture) -> None:
    assert main(["fit", "-c", experiment]) == 0
    whole = torch.load("runs/own/seed-42/checkpoints/last.ckpt", weights_only=True)
    assert main(["predict", "-c", experiment]) == 0
    (main_outputs, _), *_ = torch.load("runs/own/seed-42/predictions.pt", weights_only=True)
    assert main_outputs.shape == (50, 1)
    epoch = ["--trainer.max_epochs", "1", "--experiment", "halves"]
    assert main(["fit", "-c", experiment, *epoch]) == 0
    half = "runs/halves/seed-42/checkpoints/last.ckpt"
    assert main(["fit", "-c", experiment, "--experiment", "halves", "--ckpt_path", half]) == 0
    assert "going on from" in capsys.readouterr().out
    halves = torch.load(half, weights_only=True)
    for name, value in whole["state_dict"].items():
        assert torch.equal(value, halves["state_dict"][name]), name


def test_a_checkpoint_is_tested_on_its_own_splits(experiment: str, capsys: Capture) -> None:
    """Under another seed it would see rows that it was trained on."""
    words = ["-c", experiment, "--trainer.max_epochs", "1", "--experiment", "own"]
    assert main(["fit", *words, "--seed_everything", "43"]) == 0
    folder = Path("runs/own/seed-43")
    loss = json.loads((folder / "result.json").read_text())["test"]["loss"]
    capsys.readouterr()
    assert main(["test", *words, "--ckpt_path", str(folder / "checkpoints/last.ckpt")]) == 0
    found = re.search(r"test_loss[\s│]+([\d.]+)", capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("format", ["onnx", "torch"])
def test_export(format: str, experiment: str) -> None:
    assert main(["fit", "-c", experiment, "--trainer.max_epochs", "1", "--experiment", "own"]) == 0
    checkpoint = "runs/own/seed-42/checkpoints/last.ckpt"
    assert main(["export", "--ckpt_path", checkpoint, "--format", format, "--to", "net"]) == 0
    net = AuxiliaryOutputNet.load_from_checkpoint(
        checkpoint, map_location="cpu", weights_only=True
    ).net.eval()
    for samples in (1, 33):
        wide, deep = torch.randn(samples, 5), torch.randn(samples, 6)
        if format == "onnx":
            session = onnxruntime.InferenceSession("net")
            assert [output.name for output in session.get_outputs()] == ["output1", "output2"]
            found = session.run(None, {"wide": wide.numpy(), "deep": deep.numpy()})
        else:
            found = torch.export.load("net").module()(wide, deep)
        for one, other in zip(found, net(wide, deep), strict=True):
            assert float((torch.as_tensor(one) - other).detach().abs().max()) < 1e-6


def test_export_for_keras(experiment: str) -> None:
    """That Keras predicts the same with it is shown by tests/oracle/test_functional.py."""
    assert main(["fit", "-c", experiment, "--trainer.max_epochs", "1", "--experiment", "own"]) == 0
    checkpoint = "runs/own/seed-42/checkpoints/last.ckpt"
    net = AuxiliaryOutputNet.load_from_checkpoint(
        checkpoint, map_location="cpu", weights_only=True
    ).net
    for file in ("net.keras", "net.h5"):
        words = ["export", "--ckpt_path", checkpoint, "--format", "keras", "--to", file]
        assert main(words) == 0
        back = AuxiliaryOutputNet().net
        load_keras_weights(back, file, by_name=True)
        x = torch.randn(3, 5), torch.randn(3, 6)
        assert all(map(torch.equal, back(*x), net(*x)))


def test_export_says_what_keras_does_not_do(experiment: str, capsys: Capture) -> None:
    words = ["--model", "RegressionMLP", "--model.output", "tanh", "--data.inputs", "null"]
    words += ["--trainer.max_epochs", "1", "--experiment", "own"]
    assert main(["fit", "-c", experiment, *words]) == 0
    capsys.readouterr()
    checkpoint = "runs/own/seed-42/checkpoints/last.ckpt"
    assert main(["export", "--ckpt_path", checkpoint, "--format", "keras", "--to", "n.h5"]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert "layer output_activation (Bounded) has no counterpart in Keras" in error[0]
    assert not Path("n.h5").exists()


def test_what_does_not_fit_gets_one_line(experiment: str, capsys: Capture) -> None:
    assert main(["fit", "-c", experiment, "--data.inputs", "[[0, 1]]"]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert "takes inputs of 5 and 6 features, but california_housing has 2 here" in error[0]
    assert not Path("runs").exists()


def test_data_of_a_table(tmp_path: Path, capsys: Capture) -> None:
    root = str(housing_file(tmp_path).parent)
    assert main(["data", "california_housing", "--root", root, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "200 rows" in printed
    assert re.search(r"MedInc +5\.\d+ ", printed)
    assert "not the documents' data: no documented figure applies" in printed
    assert (tmp_path / "data" / "california_housing.png").read_bytes().startswith(b"\x89PNG")
    own = table_file(tmp_path / "own.npz", y=np.arange(80.0).reshape(40, 2))
    assert main(["data", str(own), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"target 1 +40 ", printed)
    assert "no documented figure" not in printed
