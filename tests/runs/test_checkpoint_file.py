from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.modules import BNBeforeActivation
from dnn_techniques.runs.checkpoint_file import check_finite, read_checkpoint

called: list[Any] = []


def instantiator(*given: Any) -> None:
    """What a checkpoint names to have it called."""
    called.append(given)


def saved(**changed: Any) -> dict[str, Any]:
    """What a checkpoint holds."""
    weights = BNBeforeActivation(hidden=(5,)).state_dict()
    return {
        "state_dict": weights,
        "pytorch-lightning_version": version("pytorch-lightning"),
        **changed,
    }


def test_a_whole_checkpoint_is_read(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save(saved(hyper_parameters={"hidden": (5,), "_class_path": "x"}), path)
    assert read_checkpoint(path, "")["hyper_parameters"]["hidden"] == (5,)


@pytest.mark.parametrize(
    "key", ["hyper_parameters", "datamodule_hyper_parameters", "hparams", "module_arguments"]
)
def test_no_checkpoint_names_code_to_be_called(tmp_path: Path, key: str) -> None:
    path = tmp_path / "evil.ckpt"
    torch.save(saved(**{key: {"_instantiator": f"{__name__}.instantiator"}}), path)
    with pytest.raises(InputError, match="names code to be called"):
        read_checkpoint(path, "")


@pytest.mark.parametrize("command", ["export", "test", "predict", "validate"])
def test_no_command_runs_code_of_a_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, archive: Any
) -> None:
    """Whatever Lightning's version does with it."""
    path = tmp_path / "evil.ckpt"
    torch.save(saved(hyper_parameters={"_instantiator": f"{__name__}.instantiator"}), path)
    words = ["--format", "torch", "--to", str(tmp_path / "net.pt2")]
    if command != "export":
        words = ["-c", "bn/before_activation", "--model.hidden", "[5]", "--data.validation", "50"]
        words += ["--data.root", str(archive().parent), "--out", str(tmp_path / "runs")]
    assert main([command, "--ckpt_path", str(path), *words]) == 2
    assert "names code to be called" in capsys.readouterr().err
    assert called == []


@pytest.mark.parametrize("name", ["collections.OrderedDict", "tests.modules.Own", None, 3])
def test_only_modules_of_the_package_are_made_of_a_checkpoint_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: Any
) -> None:
    path = tmp_path / "foreign.ckpt"
    trusted = {"_instantiator": "pytorch_lightning.cli.instantiate_module", "_class_path": name}
    torch.save(saved(hyper_parameters=trusted), path)
    to = ["--format", "torch", "--to", str(tmp_path / "net.pt2")]
    assert main(["export", "--ckpt_path", str(path), *to]) == 2
    assert "holds no module of `run` or `fit`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "values",
    [
        [1],
        {"state_dict": {"w": torch.ones(1)}},
        saved(state_dict=[1]),
        saved(state_dict={"w": 1}),
        saved(**{"pytorch-lightning_version": 2}),
    ],
)
def test_what_is_none_of_lightnings(tmp_path: Path, values: Any) -> None:
    path = tmp_path / "other.ckpt"
    torch.save(values, path)
    with pytest.raises(InputError, match=r"other.ckpt is no checkpoint of Lightning; give another"):
        read_checkpoint(path, "give another")


def test_weights_that_are_not_finite(tmp_path: Path) -> None:
    weights = {"a": torch.ones(2), "n": torch.tensor(3), "b": torch.tensor([1, torch.inf])}
    with pytest.raises(InputError, match="b is not finite"):
        check_finite(weights, tmp_path, "")
    check_finite({"a": torch.ones(2), "n": torch.tensor(3)}, tmp_path, "")
