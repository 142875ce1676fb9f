import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.modules import BNBeforeActivation
from dnn_techniques.runner import PlannedRun
from dnn_techniques.seeds_at_once import train_at_once

Archive = Callable[..., Path]


def runs(experiment: str, archive: Archive, out: Path, *seeds: int) -> list[PlannedRun]:
    args = ["fit", "-c", f"experiments/{experiment}.yaml", "--data.root", str(archive().parent)]
    args += ["--data.validation", "50", "--trainer.max_epochs", "2", "--out", str(out)]
    args += ["--trainer.accelerator", "cpu"]
    return [
        PlannedRun(f"{experiment} {seed}", [*args, "--seed_everything", str(seed)], 2)
        for seed in seeds
    ]


def rows(folder: Path) -> list[dict[str, float]]:
    with (folder / "metrics.csv").open() as file:
        lines = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


def test_the_folders_are_those_of_single_runs(archive: Archive, tmp_path: Path) -> None:
    name = "bn/before_activation"
    assert train_at_once(runs(name, archive, tmp_path / "at_once", 42, 43)) == []
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--trainer.max_epochs", "2", "--trainer.accelerator", "cpu", "--jobs", "1"]
    assert main(["run", name, "--seeds", "2", *small, "--out", str(tmp_path / "alone")]) == 0
    for seed in (42, 43):
        at_once, alone = (tmp_path / p / name / f"seed-{seed}" for p in ("at_once", "alone"))
        for a, b in zip(rows(at_once), rows(alone), strict=True):
            assert a == pytest.approx(b, rel=1e-4)
        one, other = (json.loads((f / "result.json").read_text()) for f in (at_once, alone))
        assert one.pop("seeds_at_once") == 2
        assert one.keys() == other.keys()
        assert one["test"] == pytest.approx(other["test"], rel=1e-4)
        assert one["seed"] == seed
        assert not (at_once / ".lock").exists()
        for checkpoint in ("best", "last"):
            nets = [
                BNBeforeActivation.load_from_checkpoint(
                    folder / "checkpoints" / f"{checkpoint}.ckpt", weights_only=True
                )
                for folder in (at_once, alone)
            ]
            for x, y in zip(*(net.state_dict().values() for net in nets), strict=True):
                torch.testing.assert_close(x, y, atol=1e-5, rtol=1e-4)


def test_finished_runs_are_left(archive: Archive, tmp_path: Path) -> None:
    name = "activations/leaky_relu"
    train_at_once(runs(name, archive, tmp_path, 42, 43))
    planned = runs(name, archive, tmp_path, 42, 43, 44, 45)
    assert train_at_once(planned) == planned[:2]
    assert (tmp_path / name / "seed-45" / "result.json").exists()
    assert train_at_once(planned) == planned


def test_what_has_to_train_alone_says_why(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = runs("regularization/dropout", archive, tmp_path, 42, 43)
    assert train_at_once(planned) == planned
    assert "one seed after the other: dropout would draw other masks" in capsys.readouterr().out
    assert not list(tmp_path.glob("**/config.yaml"))


def test_run_takes_them_together_on_an_accelerator(
    archive: Archive,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dnn_techniques.runner.on_accelerator", lambda _: True)
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--trainer.max_epochs", "1", "--trainer.accelerator", "cpu", "--out", str(tmp_path)]
    for experiment in ("bn/without", "schedules/performance"):
        assert main(["run", experiment, "--seeds", "2", *small]) == 0
    output = capsys.readouterr().out
    assert "performance, one seed after the other: the learning rate follows" in output
    for name, at_once in (("bn/without", True), ("schedules/performance", False)):
        for seed in (42, 43):
            result = json.loads((tmp_path / name / f"seed-{seed}" / "result.json").read_text())
            assert ("seeds_at_once" in result) == at_once
    assert main(["run", "bn/without", "--seeds", "2", *small]) == 0
    assert capsys.readouterr().out.count("kept") == 2
