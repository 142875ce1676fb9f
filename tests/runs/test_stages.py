"""Staged runs from the command line, on small data."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dnn_techniques.cli import main
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.plan_one import plan_one
from dnn_techniques.runs.prepare import prepare
from dnn_techniques.runs.seeds import random_seed

Archive = Callable[..., Path]
# What the trials with the options of `small` are called after their experiments.
SMALL = "-data.train=20,data.validation=50,max_epochs=1"
BASE = f"transfer/model_a{SMALL}"
MODEL_A = Path(BASE, "seed-42")
FROZEN = Path("transfer", f"b_on_a_frozen{SMALL}", "seed-42")
UNFROZEN = Path("transfer", f"b_on_a{SMALL}", "seed-42")


@pytest.fixture
def small(archive: Archive, tmp_path: Path) -> list[str]:
    options = ["--data.root", str(archive().parent), "--data.validation", "50"]
    options += ["--data.train", "20", "--trainer.max_epochs", "1", "--trainer.accelerator", "cpu"]
    return [*options, "--out", str(tmp_path / "runs")]


def fit(name: str, *options: str) -> list[str]:
    """Words that train a later stage on the small base."""
    return ["fit", "-c", f"transfer/{name}", "--reuse.run", BASE, *options]


def weights(folder: Path) -> dict[str, Tensor]:
    saved = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    state: dict[str, Tensor] = saved["state_dict"]
    return state


def result(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return values


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_run_trains_the_earlier_stages_first(
    small: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], jobs: str
) -> None:
    out = tmp_path / "runs"
    assert main(["run", "transfer/b_on_a", "--jobs", jobs, *small]) == 0
    assert len(list(out.glob("transfer/*/seed-*/result.json"))) == 3
    base, frozen, unfrozen = (weights(out / p) for p in (MODEL_A, FROZEN, UNFROZEN))
    for name, value in base.items():
        assert value.equal(frozen[name]) != name.startswith("net.output")
        assert not value.equal(unfrozen[name])
    built_on = result(out / FROZEN)["built_on"]
    assert built_on["run"] == BASE
    assert built_on["checkpoint"] == (MODEL_A / "checkpoints" / "last.ckpt").as_posix()
    assert len(built_on["sha256"]) == 64
    assert result(out / UNFROZEN)["built_on"]["sha256"] != built_on["sha256"]
    assert result(out / MODEL_A).get("built_on") is None
    assert result(out / FROZEN)["parameters"]["trainable"] == 51
    assert result(out / UNFROZEN)["parameters"]["trainable"] == 275_801
    assert f"{BASE}: trainer.max_epochs 20 -> 1" in result(out / FROZEN)["changes"]


@pytest.mark.slow
def test_options_of_the_reuse_are_not_for_the_base(small: list[str], tmp_path: Path) -> None:
    run = ["run", "transfer/b_on_a_never_frozen", *small, "--jobs", "1"]
    for options in (["--reuse.layers", "[hidden1]"], ["--reuse.layers=[hidden2]"]):
        out = tmp_path / options[0]
        assert main([*run, "--out", str(out), *options]) == 0
        assert (out / MODEL_A / "result.json").exists()


def test_new_layers_are_not_those_that_the_reused_ones_were_trained_beside(
    archive: Archive,
) -> None:
    """Nets of the same shape under the same seed."""
    outputs = []
    for name in ("mnist/digits_0_4_best", "mnist/digits_5_9_reused_4"):
        words = ["-c", name, "--data.root", str(archive("mnist").parent), "--data.validation", "50"]
        words += ["--data.per_class", "5"] if "5_9" in name else []
        module = prepare(plan_one(ExperimentCLI("fit", words), words)).module
        outputs.append(module.state_dict()["net.output.weight"])
    a, b = outputs
    assert a.shape == b.shape
    assert abs(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]) < 0.3
    assert random_seed(42, None) == 42
    assert len({random_seed(42, "a/b"), random_seed(42, "a/c"), random_seed(43, "a/b"), 42}) == 4
    assert random_seed(42, "a/b-lr=0.1") == random_seed(42, "a/b")


def test_fit_names_the_run_that_is_missing(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = ["fit", "-c", "transfer/b_on_a", *small]
    runs, base = tmp_path / "runs", "transfer/b_on_a_frozen"
    for extra, folder, how in (
        (["--seed_everything", "77"], "seed-77", "--seeds 36"),
        (["--replay"], "replay", "--replay"),
    ):
        assert main([*fit, *extra]) == 2
        assert capsys.readouterr().err == (
            f"error: reuse of {base}: {runs / base / folder} holds no finished run with a"
            f" checkpoint; make it: run {base} {how} --out {runs}\n"
        )
    assert main([*fit, "--reuse.run", "transfer/model_b_on_a"]) == 2
    assert "did you mean transfer/model_b" in capsys.readouterr().err
    assert not runs.exists()


@pytest.mark.parametrize("name", ["checkpoints/last.ckpt", "result.json"])
def test_a_damaged_run_is_named(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["run", "transfer/model_a", *small]) == 0
    damaged = tmp_path / "runs" / MODEL_A / name
    damaged.write_bytes(damaged.read_bytes()[:40])
    capsys.readouterr()
    assert main(fit("b_on_a_frozen", *small)) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: reuse of {BASE}: {damaged} is")
    assert f"; delete {tmp_path / 'runs' / MODEL_A} and make " in error
    assert error.count("\n") == 1


def test_a_base_that_diverged_is_refused(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diverging = ["--model.lr", "1e30", "--data.batch_size", "5"]
    assert main(["run", "transfer/model_a", *small, *diverging]) == 0
    (base,) = (tmp_path / "runs").rglob("seed-42")
    name = base.parent.relative_to(tmp_path / "runs").as_posix()
    capsys.readouterr()
    assert main(["fit", "-c", "transfer/b_on_a_frozen", "--reuse.run", name, *small]) == 2
    assert "is not finite, the training diverged; train" in capsys.readouterr().err


def test_layers_that_the_net_does_not_have(
    small: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(fit("b_on_a_frozen", *small, "--reuse.layers", "[hiden1]")) == 2
    assert "no such layer, did you mean hidden1" in capsys.readouterr().err


def test_layers_that_do_not_fit(small: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "transfer/model_a", *small]) == 0
    capsys.readouterr()
    hidden = ["--model.hidden", "[300,100,50,50,40]"]
    assert main(fit("b_on_a_never_frozen", *small, *hidden)) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "error: layer hidden5: weight is (50, 50) in the source and is (40, 50) in the net;"
    )
    assert error.endswith(f"(reuse of {BASE})\n")
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_stage_on_other_weights_is_another_run(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither kept nor gone on with when the base was trained anew, with other settings."""
    out = tmp_path / "runs"
    run = ["run", "transfer/b_on_a_never_frozen", *small, "--jobs", "1"]
    assert main(run) == 0
    again = ["--model.lr", "0.5", "--overwrite", "true", "--experiment", BASE]
    assert main(["fit", "-c", "transfer/model_a", *small, *again]) == 0
    capsys.readouterr()
    assert main(run) == 2
    assert "holds a finished run with other reused weights" in capsys.readouterr().err
    (out / "transfer" / f"b_on_a_never_frozen{SMALL}" / "seed-42" / "result.json").unlink()
    assert main(run) == 2
    assert "was begun on other reused weights; --overwrite true" in capsys.readouterr().err
    assert main([*run, "--overwrite", "true"]) == 0


def test_a_base_that_is_there_as_its_file_says_is_taken(small: list[str], tmp_path: Path) -> None:
    """Whatever else is said of the later stage."""
    plain = ["--experiment", "transfer/model_a"]
    assert main(["fit", "-c", "transfer/model_a", *small, *plain]) == 0
    assert main(["run", "transfer/b_on_a_frozen", *small, "--jobs", "1"]) == 0
    assert not (tmp_path / "runs" / MODEL_A).exists()
    assert result(tmp_path / "runs" / FROZEN)["built_on"]["run"] == "transfer/model_a"


def test_a_replayed_stage_builds_on_a_replayed_base(small: list[str], tmp_path: Path) -> None:
    out = tmp_path / "runs" / "transfer"
    assert main(["run", "transfer/b_on_a_frozen", "--replay", "--jobs", "1", *small]) == 0
    names = (f"{name}{SMALL}" for name in ("model_a", "b_on_a_frozen"))
    base, frozen = (weights(out / name / "replay") for name in names)
    assert all(frozen[k].equal(v) for k, v in base.items() if "hidden" in k)
    built_on = result(out / FROZEN.parts[1] / "replay")["built_on"]
    assert built_on["checkpoint"] == f"{BASE}/replay/checkpoints/last.ckpt"


def test_phases_that_do_not_fit_are_refused_before_anything_is_trained(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path("experiments/transfer/b_on_a_frozen.yaml").read_text()
    mine = tmp_path / "mine.yaml"
    for phases, message in (
        ('- frozen: ["hiden*"]', "layer 'hiden*': the net has no such layer"),
        ("[{}, {after: 1}]", "phase after 1 epochs: it never begins, --trainer.max_epochs is 1\n"),
        ("[{}, {after: 0}]", "phases must come one after the other, got them after [0, 0]\n"),
    ):
        mine.write_text(text.replace('- frozen: ["hidden*"]', phases))
        assert main(["fit", "-c", str(mine), *small]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_file_can_name_a_phase_s_optimizer(small: list[str], tmp_path: Path) -> None:
    """In one run what the group does in two, with a cached first phase."""
    path = tmp_path / "phases.yaml"
    phases = """          - frozen: ["hidden*"]
            cached: true
          - after: 1
            optimizer:
              class_path: dnn_techniques.optim.KerasSGD
              init_args:
                lr: 0.003
                momentum: 0.9
"""
    text = Path("experiments/transfer/b_on_a_frozen.yaml").read_text()
    path.write_text(text.replace('          - frozen: ["hidden*"]\n', phases))
    assert main(["run", "transfer/model_a", *small]) == 0
    words = ["fit", "-c", str(path), *small, "--trainer.max_epochs", "2", "--experiment", "phases"]
    assert main([*words, "--reuse.run", BASE]) == 0
    folder = tmp_path / "runs" / "phases" / "seed-42"
    rows = (folder / "metrics.csv").read_text().splitlines()
    rate = rows[0].split(",").index("lr")
    assert [row.split(",")[rate] for row in rows[1:]] == ["0.001", "0.003"]
    assert result(folder)["parameters"]["trainable"] == 275_801
    again = ["fit", "-c", str(folder / "config.yaml"), "--out", str(tmp_path / "again")]
    assert main([*again, "--reuse", "null"]) == 0


@pytest.mark.slow
def test_the_best_weights_are_measured_without_training(small: list[str], tmp_path: Path) -> None:
    out = tmp_path / "runs"
    longer = [*small, "--trainer.max_epochs", "4", "--model.lr", "3"]  # it diverges
    assert main(["run", "transfer/model_a", *longer, "--jobs", "1"]) == 0
    (base,) = out.glob("transfer/model_a*/seed-42")
    best = result(base)["best"]
    assert best["epoch"] < 4
    words = ["fit", "-c", "transfer/model_a", *small, "--trainer.max_epochs", "0"]
    reuse = ["--reuse.run", base.parent.relative_to(out).as_posix(), "--reuse.layers", "['*']"]
    assert main([*words, *reuse, "--reuse.checkpoint", "best", "--experiment", "measured"]) == 0
    measured = result(out / "measured" / "seed-42")
    assert measured["final"]["val_loss"] == pytest.approx(best["val_loss"], rel=1e-5)
    assert measured["final"]["epoch"] == 0
    assert measured["built_on"]["checkpoint"].endswith("best.ckpt")
    saved = torch.load(base / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    kept = weights(out / "measured" / "seed-42")
    assert all(value.equal(kept[name]) for name, value in saved.items())
    assert main([*words, "--experiment", "nothing"]) == 2
