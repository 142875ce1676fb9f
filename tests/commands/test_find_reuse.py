import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.cli import main
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.modules import Experiment

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
FROZEN = "transfer/b_on_a_frozen"
# What the trials with the options of `small` are called after their experiments.
SMALL = "-data.train=20,data.validation=50,lr=0.05,max_epochs=3"
BASE = f"transfer/model_a{SMALL}"


@pytest.fixture
def small(archive: Archive, tmp_path: Path) -> list[str]:
    options = ["--data.root", str(archive().parent), "--data.validation", "50"]
    options += ["--data.train", "20", "--trainer.max_epochs", "3", "--trainer.accelerator", "cpu"]
    options += ["--model.lr", "0.05"]
    return [*options, "--out", str(tmp_path / "runs")]


def find(*options: str) -> list[str]:
    return ["find-reuse", "-c", FROZEN, "--reuse.run", BASE, *options]


def last_figures(run: Path) -> dict[str, str]:
    *_, last = csv.DictReader((run / "metrics.csv").read_text().splitlines())
    return last


@pytest.mark.slow
def test_candidates_are_what_the_experiments_train(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "runs"
    for name in ("b_on_a_frozen", "b_on_a_never_frozen", "model_b"):
        assert main(["run", f"transfer/{name}", *small, "--jobs", "1"]) == 0
    base = out / BASE / "seed-42" / "checkpoints" / "last.ckpt"
    before = hashlib.sha256(base.read_bytes()).hexdigest()
    capsys.readouterr()
    assert main(find("--warm_up", "0", "--seeds", "1", *small)) == 0
    said = capsys.readouterr().out
    written = json.loads((out / f"{FROZEN}/find-reuse.json").read_text())
    found = {c["name"]: c for c in written["candidates"]}
    assert len(found) == 11
    for candidate, run in {
        "all frozen": "b_on_a_frozen",
        "top 5 unfrozen, 0 frozen": "b_on_a_never_frozen",
        "nothing reused": "model_b",
    }.items():
        figures = last_figures(out / "transfer" / f"{run}{SMALL}" / "seed-42")
        assert found[candidate]["val_accuracy"] == [pytest.approx(float(figures["val_accuracy"]))]
        assert found[candidate]["val_loss"] == [pytest.approx(float(figures["val_loss"]))]
    assert len({c["val_loss"][0] for c in found.values()}) == 11
    assert hashlib.sha256(base.read_bytes()).hexdigest() == before
    assert (out / f"{FROZEN}/find-reuse.png").read_bytes().startswith(b"\x89PNG")
    assert "One seed proves nothing" in said
    assert main(find("--warm_up", "0", "--seeds", "1", *small)) == 2
    assert "find-reuse.json is there already; give --overwrite true" in capsys.readouterr().err
    assert (out / f"{FROZEN}/find-reuse.md").read_text().splitlines()[-1] in said


def test_freezes_all_first_then_unfreezes_and_drops(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["run", "transfer/model_a", *small, "--jobs", "1", "--seeds", "2"]) == 0
    trained: list[list[str]] = []
    hidden: list[int] = []

    def on_train_epoch_end(module: Any) -> None:
        layers = named_layers(module.net)
        hidden.append(sum(name.startswith("hidden") for name in layers))
        trained.append(
            [name for name, v in layers.items() if any(p.requires_grad for p in v.parameters())]
        )

    monkeypatch.setattr(Experiment, "on_train_epoch_end", on_train_epoch_end)
    assert main(find("--warm_up", "2", "--seeds", "2", *small)) == 0
    # Three epochs, two seeds.
    assert len(trained) == 11 * 2 * 3
    by_candidate = [trained[i : i + 6] for i in range(0, len(trained), 6)]
    assert hidden[::6] == [5, 5, 5, 5, 5, 5, 4, 3, 2, 1, 5]
    new = ["output"]
    for unfrozen, phases in enumerate(by_candidate[:6]):
        top = [f"hidden{i}" for i in range(6 - unfrozen, 6)]
        assert phases == [new, new, [*top, *new]] * 2
    assert all(phases == [new] * 6 for phases in by_candidate[6:10])
    everything = [*(f"hidden{i}" for i in range(1, 6)), "output"]
    assert by_candidate[10] == [everything] * 6
    written = json.loads((tmp_path / f"runs/{FROZEN}/find-reuse.json").read_text())
    assert written["seeds"] == [42, 43]
    assert all(len(c["val_accuracy"]) == 2 for c in written["candidates"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--warm_up", "3"], "--warm_up must be from 0 to 2, below --trainer.max_epochs, got 3"),
        (["--warm_up", "-1"], "--warm_up must be from 0 to 2"),
        (["--warmup", "1"], "did you mean warm_up"),
        (["--seeds", "2"], "with a checkpoint; make it: run transfer/model_a --seeds 2 --out "),
        (["--seed_everything", "43"], "with a checkpoint; make it: run transfer/model_a --seeds 4"),
        (["--trainer.fast_dev_run", "true"], "--trainer.fast_dev_run trains nothing that"),
        (["--reuse", "null"], "reuses no run; name one: --reuse.run GROUP/NAME"),
        (["--reuse.layers", "[hidden2]"], "needs layers hidden1, hidden2, ... from the lowest up"),
    ],
)
def test_bad_input_is_refused_in_a_line(
    small: list[str], tmp_path: Path, capsys: Capture, options: list[str], message: str
) -> None:
    assert main(find("--warm_up", "1", *small, *options)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "runs").exists()
