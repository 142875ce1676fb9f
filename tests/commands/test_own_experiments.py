"""What the commands do with an experiment of the book they do with anybody's."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from dnn_techniques.cli import main
from tests.commands.own_experiment import write_own

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with ``mine.yaml`` and ``own_module.py``."""
    write_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])  # a console script's
    yield tmp_path
    sys.modules.pop("own_module", None)


def rows(folder: str) -> list[dict[str, str]]:
    with Path(folder, "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def result(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "result.json").read_text())
    return found


@pytest.mark.slow
def test_run_compare_find_lr_test_predict_and_export(workplace: Path, capsys: Capture) -> None:
    assert main(["run", "mine.yaml", "--sweep.lr", "[.01,.1]", "--seeds", "2", "--jobs", "1"]) == 0
    slow, quick = "runs/mine-lr=0.01/seed-42", "runs/mine-lr=0.1/seed-42"
    assert list(rows(slow)[0]) == ["epoch", "loss", "val_loss", "lr", "seconds"]
    assert float(rows(quick)[1]["val_loss"]) < float(rows(slow)[1]["val_loss"])
    assert result(quick)["test"].keys() == {"loss"}
    assert result(quick)["data"]["name"] == "Data"
    printed = capsys.readouterr().out
    assert "| mine-lr=0.1  | 2    | 2 " in printed
    for argument in ("mine.yaml", "mine", "runs"):
        assert main(["compare", argument]) == 0
        assert "| mine-lr=0.01 | 2    | 2 " in capsys.readouterr().out
    assert main(["compare", "runs/mine-lr=0.01", "runs/mine-lr=0.1"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "| val_loss" in line)
    assert row.split("|")[2].strip() == "2"  # paired seeds
    assert float(row.split("|")[5].split("±")[0]) > 0
    best = f"{quick}/checkpoints/best.ckpt"
    assert main(["test", "-c", "mine.yaml", "--ckpt_path", best]) == 0
    assert main(["test", "-c", f"{quick}/config.yaml"]) == 0
    assert main(["predict", "-c", f"{quick}/config.yaml"]) == 0
    assert len(torch.load(Path(quick, "predictions.pt"), weights_only=True)) == 8
    export = ["export", "--ckpt_path", best, "--format", "torch", "--to", "net.pt2"]
    assert main([*export, "--input_shape", "4"]) == 0
    net = torch.export.load("net.pt2").module()
    module = sys.modules["own_module"].Net()
    module.load_state_dict(torch.load(best, weights_only=True)["state_dict"])
    x = torch.randn(3, 4)
    torch.testing.assert_close(net(x), module.net(x))
    assert main(["find-lr", "-c", "mine.yaml", "--steps", "150", "--max_lr", "100"]) == 0
    assert "suggested learning rate" in capsys.readouterr().out
    assert Path("runs/mine/find-lr.png").exists()


def test_a_folder_of_files_with_a_base(workplace: Path) -> None:
    mine = yaml.safe_load(Path("mine.yaml").read_text())
    Path("folder").mkdir()
    Path("folder/base.yaml").write_text(yaml.safe_dump(mine))
    later = mine | {"reuse": {"run": "folder/base", "layers": ["*"]}}
    Path("folder/a_later.yaml").write_text(yaml.safe_dump(later))
    assert main(["run", "folder", "--jobs", "1"]) == 0
    built_on = result("runs/folder/a_later/seed-42")["built_on"]
    assert built_on["run"] == "folder/base"
    assert Path("runs/folder/summary.md").exists()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--trainer.gradient_clip_val", "1"], "gradient_clip_val=1.0"),
        (["--trainer.accumulate_grad_batches", "2"], "accumulate_grad_batches=2"),
        (["--trainer.max_epochs=-1", "--trainer.max_steps", "12"], "max_epochs=-1,max_steps=12"),
        (["--trainer.check_val_every_n_epoch", "2"], "check_val_every_n_epoch=2"),
        (["--trainer.precision", "bf16-true"], "precision=bf16-true"),
        (["--data.n", "32", "--engine", "plain"], "data.n=32"),
        (
            [
                *("--optimizer", "Adam", "--optimizer.lr", ".1"),
                *("--lr_scheduler", "StepLR", "--lr_scheduler.step_size", "1"),
            ],
            "lr_scheduler=StepLR,lr_scheduler.step_size=1,optimizer=Adam,optimizer.lr=0.1",
        ),
    ],
)
def test_options_of_lightning_leave_metrics(workplace: Path, options: list[str], name: str) -> None:
    assert main(["fit", "-c", "mine.yaml", *options]) == 0
    made = rows(f"runs/mine-{name}/seed-42")
    assert len(made) == 2
    validated = [bool(row["val_loss"]) for row in made]
    expected = {"check_val_every_n_epoch=2": [False, True]}
    expected["max_epochs=-1,max_steps=12"] = [True, False]
    assert validated == expected.get(name, [True, True])
    if "StepLR" in options:
        assert [float(row["lr"]) for row in made] == [0.1, pytest.approx(0.01)]


def test_tensorboard_counts_steps_and_knows_rate_test_and_best(workplace: Path) -> None:
    assert main(["fit", "-c", "mine.yaml", "--trainer.log_every_n_steps", "1"]) == 0
    events = EventAccumulator("runs/mine/seed-42/tensorboard")
    events.Reload()
    assert [event.step for event in events.Scalars("val_loss")] == [7, 15]
    assert len(events.Scalars("lr-SGD")) == 16
    assert len(events.Scalars("test_loss")) == 1
    (best,) = events.Scalars("hp_metric")
    assert best.value == pytest.approx(result("runs/mine/seed-42")["best"]["val_loss"])


def test_one_without_validation_leaves_its_last_weights(workplace: Path) -> None:
    assert main(["fit", "-c", "mine.yaml", "--trainer.limit_val_batches", "0"]) == 0
    (folder,) = Path("runs").glob("mine-*/seed-42")
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["last.ckpt"]
    assert result(str(folder))["best"] is None
    assert main(["compare", "mine"]) == 0
