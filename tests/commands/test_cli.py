import csv
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import torchvision.datasets
import yaml

import dnn_techniques
from dnn_techniques.callbacks.progress import EpochProgress
from dnn_techniques.cli import main
from dnn_techniques.data import load
from dnn_techniques.data.sources import _load
from dnn_techniques.errors import InputError
from dnn_techniques.modules import BNBeforeActivation
from dnn_techniques.runs.run_folder import held
from tests.results.runs_by_hand import NAME, write_run

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]

BEFORE = "bn/before_activation"
# What the trials with the options of `small` are called after their experiments.
SMALL = "-data.validation=50,max_epochs=2"


@pytest.fixture
def small(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options of a training that takes a second."""
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    return ["--data.validation", "50", "--trainer.max_epochs", "2", "--trainer.accelerator", "cpu"]


def figures(folder: Path) -> list[dict[str, str]]:
    """The rows of metrics.csv without the clock's."""
    with (folder / "metrics.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_run_leaves_folders_table_summary_and_picture(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert main(["run", "bn", "--jobs", "1", "--out", str(tmp_path), *small]) == 0
    printed = capsys.readouterr().out
    assert "epoch  2/2  loss" in printed
    assert f"| bn/after_activation{SMALL} " in printed
    assert "settings differ from the experiment file" in printed
    assert (tmp_path / "bn" / "summary.md").exists()
    assert (tmp_path / "bn" / "curves.png").exists()
    folder = tmp_path / "bn" / f"before_activation{SMALL}" / "seed-42"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.glob("*")) == [
        "checkpoints",
        "config.yaml",
        "metrics.csv",
        "result.json",
        "tensorboard",
    ]
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == [
        "best.ckpt",
        "last.ckpt",
    ]
    rows = figures(folder)
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(value for row in rows for value in row.values())
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    assert result["parameters"] == {"total": 270_946, "trainable": 268_578, "non_trainable": 2_368}
    assert result["final"]["val_loss"] == float(rows[-1]["val_loss"])
    assert result["device"]["type"] == "cpu"
    assert len(result["data"]["sha256"]) == 64
    assert result["versions"]["torch"] == torch.__version__
    assert result["changes"] == [
        "data.init_args.validation 5000 -> 50",
        "trainer.max_epochs 10 -> 2",
    ]


@pytest.mark.slow
def test_a_replay_has_a_folder_and_tables_of_its_own(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    run = ["run", "bn", "--replay", "--out", str(tmp_path), *small]
    assert main([*run, "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert f"bn/after_activation{SMALL}, replayed -> " in printed
    assert "bn/without" not in printed  # repeats no documented run
    assert "not trained on the documents' data: no figure applies" in printed
    before = tmp_path / "bn" / f"before_activation{SMALL}"
    assert [path.name for path in before.iterdir()] == ["replay"]
    assert main([*run, "--perturbation", "1e-3", "--seeds", "2", "--jobs", "1"]) == 0
    capsys.readouterr()
    names = sorted(path.name for path in before.iterdir())
    assert names == ["perturbed-42", "perturbed-43", "replay"]
    curves = [figures(before / name)[-1]["val_loss"] for name in names]
    assert len(set(curves)) == 3
    assert main(["compare", "bn", "--out", str(tmp_path)]) == 0
    assert "not trained on the documents' data" in capsys.readouterr().out
    # A replay does not depend on torch's seed.
    out = str(tmp_path / "other")
    assert (
        main(["fit", "-c", BEFORE, "--replay", "--out", out, "--seed_everything", "7", *small]) == 0
    )
    again = figures(tmp_path / "other" / "bn" / f"before_activation{SMALL}" / "replay")
    assert again == figures(before / "replay")


def test_the_same_command_twice_gives_the_same_figures(small: list[str], tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert main(["fit", "-c", BEFORE, "--out", str(tmp_path / out), *small]) == 0
    folders = [
        tmp_path / out / "bn" / f"before_activation{SMALL}" / "seed-42" for out in ("one", "two")
    ]
    assert figures(folders[0]) == figures(folders[1])
    other = ["--seed_everything", "7", "--out", str(tmp_path / "one")]
    assert main(["fit", "-c", BEFORE, *small, *other]) == 0
    assert figures(folders[0].with_name("seed-7")) != figures(folders[0])


def test_a_saved_configuration_can_be_given_back(small: list[str], tmp_path: Path) -> None:
    assert main(["fit", "-c", BEFORE, "--out", str(tmp_path / "one"), *small]) == 0
    first = tmp_path / "one" / "bn" / f"before_activation{SMALL}" / "seed-42"
    again = ["fit", "-c", str(first / "config.yaml"), "--out", str(tmp_path / "two")]
    assert main(again) == 0
    second = tmp_path / "two" / "bn" / f"before_activation{SMALL}" / "seed-42"
    assert figures(first) == figures(second)
    saved = [yaml.safe_load((folder / "config.yaml").read_text()) for folder in (first, second)]
    assert saved[0] | {"out": None} == saved[1] | {"out": None}


def test_a_finished_run_is_kept(small: list[str], tmp_path: Path, capsys: Capture) -> None:
    command = ["run", "bn/before_activation", "--out", str(tmp_path), *small]
    assert main(command) == 0
    result = tmp_path / "bn" / f"before_activation{SMALL}" / "seed-42" / "result.json"
    before = result.read_text()
    assert main(command) == 0
    assert "finished earlier with the same settings, kept" in capsys.readouterr().out
    fit = ["fit", "-c", BEFORE, "--out", str(tmp_path), *small]
    assert main(fit) == 2
    assert "holds a finished run; --overwrite true replaces it" in capsys.readouterr().err
    assert result.read_text() == before
    assert main([*fit, "--model.lr", "0.5", "--overwrite", "true"]) == 0  # another trial
    assert result.read_text() == before
    named = [*fit, "--experiment", f"bn/before_activation{SMALL}", "--model.lr", "0.5"]
    assert main(named) == 2
    assert (
        "holds a finished run with other settings or data; --overwrite" in capsys.readouterr().err
    )
    assert main([*named, "--overwrite", "true"]) == 0
    assert result.read_text() != before


def test_a_resumed_run_ends_as_an_unbroken_one(small: list[str], tmp_path: Path) -> None:
    fit = ["fit", "-c", BEFORE, *small]
    assert main([*fit, "--out", str(tmp_path / "whole")]) == 0
    assert main([*fit, "--out", str(tmp_path / "parts"), "--trainer.max_epochs", "1"]) == 0
    one = f"before_activation{SMALL.replace('=2', '=1')}"
    parts = tmp_path / "parts" / "bn" / one / "seed-42"
    last = parts / "checkpoints" / "last.ckpt"
    assert main([*fit, "--out", str(tmp_path / "parts"), "--ckpt_path", str(last)]) == 0
    assert figures(parts) == figures(
        tmp_path / "whole" / "bn" / f"before_activation{SMALL}" / "seed-42"
    )


def test_other_data_is_another_run(
    small: list[str], archive: Archive, tmp_path: Path, capsys: Capture
) -> None:
    command = ["run", "bn/before_activation", "--out", str(tmp_path / "runs"), *small]
    assert main(command) == 0
    archive(y_test=np.zeros(100, np.uint8))
    _load.cache_clear()
    assert main(command) == 2
    assert "holds a finished run with other settings or data" in capsys.readouterr().err


def test_an_interrupted_run_goes_on(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Ctrl-C in the second epoch; the same command then ends as an unbroken run."""
    start = EpochProgress.on_train_epoch_start

    def interrupt(progress: EpochProgress, trainer: pl.Trainer, *args: Any) -> None:
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt
        start(progress, trainer, *args)

    fit = ["fit", "-c", BEFORE, *small, "--trainer.max_epochs", "3"]
    assert main([*fit, "--out", str(tmp_path / "whole")]) == 0
    broken = [*fit, "--out", str(tmp_path / "broken"), "--experiment", "mine/own"]
    with monkeypatch.context() as patch:
        patch.setattr(EpochProgress, "on_train_epoch_start", interrupt)
        assert main(broken) == 130
    assert "interrupted after 1 epochs" in capsys.readouterr().out
    folder = tmp_path / "broken" / "mine" / "own" / "seed-42"
    assert not (folder / "result.json").exists()
    assert len(figures(folder)) == 1
    (folder / "notes.txt").write_text("mine")
    assert main([*broken, "--model.lr", "0.5"]) == 2
    assert "holds an interrupted run with other settings" in capsys.readouterr().err
    last = folder / "checkpoints" / "last.ckpt"
    kept = last.read_bytes()
    last.write_text("damaged")
    assert main(broken) == 2
    assert (
        f"{last} is damaged or was not saved by PyTorch; --overwrite true starts"
        in capsys.readouterr().err
    )
    last.write_bytes(kept)
    assert main(broken) == 0
    assert f"going on from {last}" in capsys.readouterr().out
    whole = tmp_path / "whole" / "bn" / f"before_activation{SMALL.replace('=2', '=3')}"
    assert figures(folder) == figures(whole / "seed-42")
    assert main([*broken, "--overwrite", "true"]) == 0
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_only_the_runs_own_checkpoint_goes_on(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    out = ["--out", str(tmp_path), *small]
    assert main(["run", "bn", "--jobs", "1", *out]) == 0
    last = tmp_path / "bn" / f"before_activation{SMALL}" / "seed-42" / "checkpoints" / "last.ckpt"
    after = tmp_path / "bn" / f"after_activation{SMALL}" / "seed-42" / "checkpoints" / "last.ckpt"
    more = ["--trainer.max_epochs", "3"]
    capsys.readouterr()
    for options, complaint in (
        (["--ckpt_path", str(after)], "holds the weights of another net"),
        (["--ckpt_path", str(last), "--seed_everything", "7"], "a checkpoint of its own run"),
        (["--ckpt_path", str(last), "--model.lr", "0.5"], "other settings: model.init_args.lr"),
        (["--ckpt_path", str(last), "--trainer.max_epochs", "2"], "must be above 2"),
    ):
        assert main(["fit", "-c", BEFORE, *out, *more, *options]) == 2
        assert complaint in capsys.readouterr().err
    assert main(["test", "-c", BEFORE, *out, "--ckpt_path", str(after)]) == 2
    assert "holds the weights of another net" in capsys.readouterr().err


def test_further_settings_change_no_names(small: list[str], tmp_path: Path) -> None:
    (tmp_path / "lr.yaml").write_text("model: {init_args: {lr: 0.5}}\n")
    out = tmp_path / "runs"
    options = ["--out", str(out), *small, "-c", str(tmp_path / "lr.yaml"), "--experiment", "x/y"]
    assert main(["run", "bn/before_activation", *options]) == 0
    (path,) = out.glob("bn/*/seed-42/result.json")
    assert path.parts[-3] == "before_activation-data.validation=50,lr=0.5,max_epochs=2"
    result = json.loads(path.read_text())
    assert "model.init_args.lr 0.001 -> 0.5" in result["changes"]


def test_a_file_elsewhere_is_compared_with_the_documents_settings(
    small: list[str], tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(Path("experiments/bn/before_activation.yaml").read_text())
    options = ["--out", str(tmp_path), *small, "--model.lr", "0.5"]
    assert main(["fit", "-c", str(mine), *options]) == 0
    (path,) = tmp_path.glob("mine-*/seed-42/result.json")
    result = json.loads(path.read_text())
    assert "model.init_args.lr 0.001 -> 0.5" in result["changes"]


def test_a_run_that_explodes_is_told_as_such(small: list[str], tmp_path: Path) -> None:
    out = tmp_path / "runs"
    options = ["--out", str(out), *small, "--model.lr", "1e30"]
    assert main(["run", "bn/before_activation", *options]) == 0
    (path,) = out.glob("bn/*/seed-42/result.json")
    assert json.loads(path.read_text())["final"]["val_loss"] is None


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    taken = pytest.raises(InputError, match="another process is training this run")
    with held(tmp_path, tmp_path), taken, held(tmp_path, tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_are_plain_and_load(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(["fit", "-c", BEFORE, "--out", str(tmp_path), "--model.lr", "0.02", *small]) == 0
    (folder,) = tmp_path.glob("bn/*/seed-42")
    best = folder / "checkpoints" / "best.ckpt"
    assert torch.load(best, weights_only=True)["global_step"] > 0
    module = BNBeforeActivation.load_from_checkpoint(best, weights_only=True)
    assert module.lr == 0.02
    for config in (BEFORE, str(folder / "config.yaml")):
        options = ["-c", config, "--ckpt_path", str(best), "--out", str(tmp_path)]
        if config == BEFORE:
            options += small
        for command in ("validate", "test", "predict"):
            assert main([command, *options]) == 0
    printed = capsys.readouterr().out
    assert "test_accuracy" in printed
    assert "val_loss" in printed
    with (folder / "predictions.csv").open() as file:
        predictions = list(csv.DictReader(file))
    assert len(predictions) == 100
    net = BNBeforeActivation.load_from_checkpoint(best, weights_only=True).eval()
    images = torch.from_numpy(load(root=os.environ["DNN_TECHNIQUES_DATA"]).x_test) / 255
    probabilities = net(images).softmax(dim=1)
    assert [int(row["label"]) for row in predictions] == probabilities.argmax(dim=1).tolist()
    first = float(predictions[0]["probability"])
    assert first == pytest.approx(probabilities[0].max().item(), abs=1e-5)


def test_print_config(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["fit", "-c", BEFORE, "--print_config"])
    assert stop.value.code == 0
    config = yaml.safe_load(capsys.readouterr().out)
    assert config["model"]["class_path"] == "dnn_techniques.modules.BNBeforeActivation"
    assert config["trainer"]["max_epochs"] == 10


def test_list(capsys: Capture) -> None:
    assert main(["list", "bn"]) == 0
    printed = capsys.readouterr().out
    assert "bn/before_activation" in printed
    assert "documented, TF 2.4, epoch 10: val_loss 0.3875, val_accuracy 0.8660" in printed


def test_data(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    root = str(archive().parent)
    assert main(["data", "fashion_mnist", "--root", root, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "x_train  (300, 28, 28) uint8" in printed
    assert "y_test   (100,) int64" in printed
    assert "Ankle boot" in printed
    assert "not the documents' data: no documented figure applies" in printed
    assert (tmp_path / "data" / "fashion_mnist.png").read_bytes().startswith(b"\x89PNG")


def test_without_data_digits_stand_in_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def no_network(*args: object, **kwargs: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", no_network)
    _load.cache_clear()
    small = ["--data.root", str(tmp_path / "none"), "--trainer.max_epochs", "1"]
    fast = ["--trainer.limit_train_batches", "2"]
    out = tmp_path / "runs"
    assert main(["run", "bn/before_activation", "--out", str(out), *small, *fast]) == 0
    said = capsys.readouterr()
    assert "TRAINING ON SCIKIT-LEARN'S DIGITS INSTEAD" in said.err
    assert "no documented figure applies" in said.out
    assert "0.8660" not in said.out
    (path,) = out.glob("bn/*/seed-42/result.json")
    result = json.loads(path.read_text())
    assert result["data"]["stands_in_for"] == "fashion_mnist"
    assert "no documented figure applies" in (out / "bn" / "summary.md").read_text()


BAD_YAML = "modle: {class_path: dnn_techniques.modules.BNBeforeActivation}\n"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("run bm", "unknown group or experiment 'bm'"),
        ("run bn/befor_activation", "did you mean bn/before_activation"),
        ("run bn --seeds 0", "--seeds must be at least 1, got 0"),
        ("run bn --trainer.max_epoch 2", "did you mean trainer.max_epochs"),
        ("run bn --trainer.max_epochs 0", "--trainer.max_epochs must be at least 1, got 0"),
        ("run bn --trainer.max_epochs -1", "--trainer.max_epochs must be at least 1, got -1"),
        ("run bn --trainer.max_epochs many", "Expected a int Given value: many"),
        ("run bn --model.lrr 1", "'lrr' is not accepted; did you mean lr?"),
        ("run bn --data.batch_size 0", "batch_size must be at least 1, got 0"),
        ("run bn --data.name fashion", "unknown data set 'fashion': did you mean fashion_mnist"),
        ("run bn --data.name mnist", "mnist: no "),
        ("run bn --trainer.accelerator cuda", "no CUDA device here; use auto or cpu"),
        ("run bn --trainer.accelerator abacus", "invalid accelerator name"),
        ("run bn --model.classes 5", "model.classes is 5, but fashion_mnist has 10"),
        ("run bn --model.hidden [0]", "hidden must be at least 1, got 0"),
        ("run bn --model.lr -1", "lr must be at least 0, got -1"),
        ("run bn --trainer.max_steps 0", "--trainer.max_steps must be at least 1, got 0"),
        ("run bn --trainer.limit_train_batches 0", "limit_train_batches must be above 0"),
        ("run bn --engine fats", "Expected one of 'fast', 'plain'"),
        ("run bn --lr_scheduler StepLR --lr_scheduler.step_size 1", "--lr_scheduler needs the opt"),
        ("run bn --sweep.lr 1", "--sweep.lr needs a list of values"),
        ("run bn --sweep.rate [1]", "'rate' is not accepted"),
        ("run bn --sweep.lr [1] --sweep.model.lr [2]", "lr and model.lr are one option"),
        ("run bn --sedes 3", "run has no option --sedes: did you mean --seeds?"),
        ("run ranking/activations --model.activation mish", "activation must be one of"),
        ("run bad.yaml", "--data: "),
        ("run text.yaml", "text.yaml is no experiment file"),
        ("run missing.yaml", "missing.yaml: no such file"),
        ("fit -c bn", "bn names 3 experiments: give one, such as bn/after_activation"),
        ("fit -c bn/befor_activation", "did you mean bn/before_activation"),
        ("compare missing", "unknown group or experiment 'missing'"),
        ("compare bn bn bn", "compare takes one or two sets of runs, got 3"),
        ("run bn --trainer.fast_dev_run true", "leaves no run to compare; give it to fit"),
        ("run bn --out bad.yaml/x", "bad.yaml is no folder; name another folder"),
        ("run bn --data.root bad.yaml", "bad.yaml is no folder; name another one"),
        (f"fit -c {BEFORE} --seed_everything -1", "must be in [0, 2**32), got -1"),
        ("run bn --threads 0", "--threads must be at least 1, got 0"),
        ("run bn --replay --seeds 2", "--replay has one seed, the documents'"),
        ("run bn/without --replay", "--replay: bn/without repeats no documented run"),
        ("run bn --perturbation 1e-7", "--perturbation changes a replayed run; give --replay too"),
        ("run bn --replay --perturbation 1e-7", "make that first: run bn --replay"),
        ("run bn --replay --perturbation -1", "perturbation must be at least 0, got -1"),
        ("run bn --replay --tensorflow.first_draw -1", "first_draw must be at least 0, got -1"),
        (f"fit -c {BEFORE} --replay --tensorflow null", "does not know the random numbers"),
        (f"fit -c {BEFORE} --perturbation 1e-7", "changes a replayed run; give --replay too"),
        ("run bn --documented nothing", "no experiment 'nothing' in the documents"),
        ("run bn --model.in_features 5", "model.in_features is 5, but fashion_mnist has 784"),
        ("fit", "the following arguments are required"),
        ("fit -c missing.yaml", "missing.yaml: no such file"),
        ("fit -c bad.yaml", "'modle.class_path'; did you mean model?"),
        (f"test -c {BEFORE}", "test needs trained weights: --ckpt_path "),
        (f"test -c {BEFORE} --ckpt_path none.ckpt", "--ckpt_path none.ckpt: no such file"),
        (
            f"test -c {BEFORE} --data.validation 50 --ckpt_path bad.yaml",
            "or was not saved by PyTorch",
        ),
        ("data fashion", "unknown data set 'fashion'"),
        ("lst", "invalid choice: 'lst'"),
        ("list --all", "list has no option --all"),
        ("", "required: command"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    command: str,
    complaint: str,
    archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    def no_network(*args: object, **kwargs: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torchvision.datasets, "MNIST", no_network)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    workplace = tmp_path / "workplace"
    workplace.mkdir()
    (workplace / "bad.yaml").write_text(BAD_YAML)
    (workplace / "text.yaml").write_text("only words\n")
    monkeypatch.chdir(workplace)
    small = ["--data.validation", "50"] if command.startswith("run") else []
    assert main([*command.split(), *small]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert complaint in error
    assert [path.name for path in sorted(workplace.iterdir())] == ["bad.yaml", "text.yaml"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("result.json", '{"format": 2,'),
        ("result.json", "[1]"),
        ("config.yaml", "[1, "),
        ("config.yaml", None),
        ("metrics.csv", ""),
    ],
)
def test_a_damaged_run_is_named(
    file: str, text: str | None, tmp_path: Path, capsys: Capture
) -> None:
    write_run(tmp_path, 1)
    damaged = tmp_path / NAME / "seed-1" / file
    damaged.unlink()
    if text is not None:
        damaged.write_text(text)
    assert main(["compare", "--out", str(tmp_path)]) == 2
    assert (
        f"{damaged} is missing or damaged; delete {damaged.parent} and" in capsys.readouterr().err
    )


def test_an_unwritable_folder_is_refused(small: list[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")
    assert main(["run", "bn", "--out", str(tmp_path / "file"), *small]) == 2
    assert "is no folder; name another folder" in capsys.readouterr().err


def test_a_damaged_archive_is_refused(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    root = archive(x_test=None).parent
    out = tmp_path / "runs"
    assert main(["run", "bn", "--out", str(out), "--data.root", str(root)]) == 2
    error = capsys.readouterr().err
    assert "fashion_mnist.npz: lacks x_test; replace it" in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_compare_remakes_the_comparison_from_run_folders(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    out = ["--out", str(tmp_path)]
    assert main(["run", "bn/without", *out, *small]) == 0
    written = {p: p.read_text() for p in (tmp_path / "bn").glob("*.json")}
    assert [p.name for p in written] == ["comparison.json"]
    for name in ("summary.md", "comparison.json", "curves.png"):
        (tmp_path / "bn" / name).unlink()
    capsys.readouterr()
    for command in (["compare", "bn"], ["compare", "bn/without"], ["compare"]):
        assert main([*command, *out]) == 0
        assert f"| bn/without{SMALL} | 1 " in capsys.readouterr().out
        assert {p: p.read_text() for p in written} == written
    assert main(["compare", "depth", *out]) == 2
    assert f"no finished run of depth below {tmp_path}" in capsys.readouterr().err
    (run,) = (tmp_path / "bn").glob("*/seed-42")
    assert main(["compare", str(run), *out]) == 2
    assert f"is one run; give the folder of its seeds: {run.parent}" in capsys.readouterr().err


def test_figures_by_name(tmp_path: Path, capsys: Capture) -> None:
    out = ["--out", str(tmp_path)]
    assert main(["figures", "sigmoid-saturation", *out]) == 0
    path = tmp_path / "figures" / "sigmoid-saturation.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert f"{path}: where the logistic function saturates" in capsys.readouterr().out
    assert main(["figures", "sigmoid-saturatoin", *out]) == 2
    assert "did you mean sigmoid-saturation?" in capsys.readouterr().err


def test_a_figure_of_a_run_that_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    """The others are drawn all the same."""
    names = ["performance-schedule", "sigmoid-saturation"]
    assert main(["figures", *names, "--out", str(tmp_path)]) == 2
    assert (tmp_path / "figures" / "sigmoid-saturation.png").exists()
    error = capsys.readouterr().err
    assert error.startswith("error: not drawn: performance-schedule: no finished run of")
    assert error.endswith("make one: run schedules/performance\n")


def test_a_sweep_is_not_for_fit(capsys: Capture) -> None:
    for name in ("ranking/activations", "experiments/ranking/activations.yaml"):
        assert main(["fit", "-c", name]) == 2
        assert (
            capsys.readouterr().err == "error: ranking/activations is a sweep of activation, depth:"
            " `run` trains all of it, fit needs a value for each, as --model.activation\n"
        )


def test_a_run_of_a_sweep_has_its_values_and_no_changes(small: list[str], tmp_path: Path) -> None:
    name = "ranking/activations-activation=elu,depth=8"
    assert main(["run", name, "--out", str(tmp_path), *small, "--trainer.max_epochs", "1"]) == 0
    folder = tmp_path / f"{name},data.validation=50,max_epochs=1" / "seed-42"
    init = yaml.safe_load((folder / "config.yaml").read_text())["model"]["init_args"]
    assert (init["activation"], init["depth"]) == ("elu", 8)
    result = json.loads((folder / "result.json").read_text())
    assert [change.split(" ")[0] for change in result["changes"]] == [
        "data.init_args.validation",
        "trainer.max_epochs",
    ]
    assert len(result["measured"]["gradient_rms"]) == 8


@pytest.mark.parametrize("name", ["regularization/dropout", "augmentation/with"])
def test_a_resumed_net_with_random_layers_ends_as_an_unbroken_one(
    name: str, small: list[str], tmp_path: Path
) -> None:
    """Random masks and changes of images go on where they were."""
    fit = ["fit", "-c", name, "--experiment", name, *small]
    assert main([*fit, "--out", str(tmp_path / "whole")]) == 0
    assert main([*fit, "--out", str(tmp_path / "parts"), "--trainer.max_epochs", "1"]) == 0
    parts = tmp_path / "parts" / name / "seed-42"
    last = parts / "checkpoints" / "last.ckpt"
    torch.manual_seed(99)
    assert main([*fit, "--out", str(tmp_path / "parts"), "--ckpt_path", str(last)]) == 0
    whole = tmp_path / "whole" / name / "seed-42"
    assert figures(parts) == figures(whole)
    ends = [json.loads((folder / "result.json").read_text()) for folder in (parts, whole)]
    assert ends[0]["test"] == ends[1]["test"]


def test_a_measured_value_that_is_not_finite_is_null(small: list[str], tmp_path: Path) -> None:
    name = "initialization/signal-activation=relu,initializer=naive"
    options = ["--trainer.max_epochs", "1", "--model.depth", "60", "--out", str(tmp_path)]
    assert main(["run", name, *small, *options]) == 0
    (path,) = tmp_path.glob("initialization/*/seed-42/result.json")
    result = json.loads(path.read_text())
    assert None in result["measured"]["gradient_rms"]


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    command = f"{shlex.quote(sys.executable)} -m dnn_techniques list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("activations")
    assert done.stderr == ""


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"dnn_techniques {dnn_techniques.__version__}\n"


def test_a_terminal_is_told_at_once_what_takes_time(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    main(["list", "bn"])
    assert not capsys.readouterr().err
    assert main(["data", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("loading PyTorch ...\r")
