import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_text
from dnn_techniques.modules import BNBeforeActivation
from dnn_techniques.results.divergence import Divergence, divergence
from dnn_techniques.results.run_sets import read_run
from dnn_techniques.runs import seeds_at_once
from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.many import train_all
from dnn_techniques.runs.plan import Plan
from dnn_techniques.runs.pool import Task
from dnn_techniques.runs.prepare import Prepared, Run, prepare
from dnn_techniques.runs.seeds_at_once import train_at_once

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


SMALL = "-data.validation=50,max_epochs=2"


def runs(
    experiment: str,
    archive: Archive,
    out: Path,
    seeds: int,
    accelerator: str = "cpu",
    more: Sequence[str] = (),
) -> list[Task]:
    words = ["--data.root", str(archive().parent), "--data.validation", "50"]
    words += ["--trainer.max_epochs", "2", "--trainer.accelerator", accelerator, *more]
    fixed = {"out": str(out), "replay": False, "perturbation": 0.0}
    return Plan(select(experiment), words, seeds, fixed).tasks


def rows(folder: Path) -> list[dict[str, float]]:
    with (folder / "metrics.csv").open() as file:
        lines = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.mark.filterwarnings("error:training without a CUDA graph")
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_the_folders_are_those_of_single_runs(
    archive: Archive, tmp_path: Path, device: str
) -> None:
    name = "bn/before_activation"
    assert train_at_once(runs(name, archive, tmp_path / "at_once", 2, device)) == []
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--trainer.max_epochs", "2", "--trainer.accelerator", device, "--jobs", "1"]
    assert main(["run", name, "--seeds", "2", *small, "--out", str(tmp_path / "alone")]) == 0
    for seed in (42, 43):
        at_once, alone = (
            tmp_path / p / f"{name}{SMALL}" / f"seed-{seed}" for p in ("at_once", "alone")
        )
        for a, b in zip(rows(at_once), rows(alone), strict=True):
            assert a == pytest.approx(b, rel=1e-4)
        one, other = (json.loads((f / "result.json").read_text()) for f in (at_once, alone))
        assert one.pop("stacked_seeds") == [42, 43]
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
                torch.testing.assert_close(x.cpu(), y.cpu(), atol=1e-5, rtol=1e-4)


def test_where_each_seed_diverged_is_noted(archive: Archive, tmp_path: Path) -> None:
    words = ["--data.root", str(archive().parent), "--data.validation", "50", "--model.lr", "1e30"]
    fixed = {"out": str(tmp_path), "replay": False, "perturbation": 0.0}
    tasks = Plan(select("bn/without"), [*words, "--trainer.max_epochs", "1"], 2, fixed).tasks
    assert train_at_once(tasks) == []
    for task in tasks:
        gone = divergence(read_run(task.work.path))
        assert gone == Divergence(index=0, epoch=1, step=2, steps=8)


def test_finished_runs_are_left(archive: Archive, tmp_path: Path) -> None:
    name = "activations/leaky_relu"
    train_at_once(runs(name, archive, tmp_path, 2))
    planned = runs(name, archive, tmp_path, 4)
    assert train_at_once(planned) == planned[:2]
    assert (tmp_path / f"{name}{SMALL}" / "seed-45" / "result.json").exists()
    assert train_at_once(planned) == planned


def test_a_stack_that_was_killed_in_its_last_moment_begins_anew(
    archive: Archive, tmp_path: Path
) -> None:
    """Between a run's last.ckpt, which holds weights alone, and its result.json."""
    name = "activations/leaky_relu"
    planned = runs(name, archive, tmp_path, 2)
    train_at_once(planned)
    folders = [tmp_path / f"{name}{SMALL}" / f"seed-{seed}" for seed in (42, 43)]
    before = [rows(folder) for folder in folders]
    for folder in folders:
        (folder / "result.json").unlink()
    assert train_at_once(planned) == []
    assert [rows(folder) for folder in folders] == before
    (folders[0] / "result.json").unlink()
    train_all(planned, jobs=1)
    assert rows(folders[0]) == [pytest.approx(row, rel=1e-4) for row in before[0]]


def test_a_stack_that_was_killed_when_some_were_finished_is_trained_again(
    archive: Archive, tmp_path: Path, capsys: Capture
) -> None:
    """The unfinished one gets the weights that it would have got; seed 44 is new."""
    name = "activations/leaky_relu"
    train_at_once(runs(name, archive, tmp_path, 2))
    folders = [tmp_path / f"{name}{SMALL}" / f"seed-{seed}" for seed in (42, 43, 44)]
    before = [json.loads((folder / "result.json").read_text()) for folder in folders[:2]]
    (folders[1] / "result.json").unlink()
    planned = runs(name, archive, tmp_path, 3)
    assert train_at_once(planned) == [planned[0], planned[2]]
    after = [json.loads((folder / "result.json").read_text()) for folder in folders[:2]]
    assert after[0] == before[0]
    assert after[1]["weights_sha256"] == before[1]["weights_sha256"]
    assert not folders[2].exists()
    assert "other last digits" not in capsys.readouterr().err


def test_a_stack_that_has_other_digits_now_says_so(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    name = "activations/leaky_relu"
    train_at_once(runs(name, archive, tmp_path, 2))
    kept, gone = (tmp_path / f"{name}{SMALL}" / f"seed-{seed}" for seed in (42, 43))
    (gone / "result.json").unlink()
    capsys.readouterr()
    train = seeds_at_once._train

    def on_another_device(members: Any) -> Any:
        best, last = train(members)
        for state in last:
            next(iter(state.values())).add_(1e-6)
        return best, last

    monkeypatch.setattr(seeds_at_once, "_train", on_another_device)
    train_at_once(runs(name, archive, tmp_path, 2))
    assert f"{kept} was finished with other last digits" in capsys.readouterr().err


def test_what_is_to_be_overwritten_is_no_part_of_an_interrupted_stack(
    archive: Archive, tmp_path: Path
) -> None:
    name = "activations/leaky_relu"
    train_at_once(runs(name, archive, tmp_path, 2))
    (tmp_path / f"{name}{SMALL}" / "seed-43" / "result.json").unlink()
    shutil.rmtree(tmp_path / f"{name}{SMALL}" / "seed-43" / "checkpoints")
    planned = runs(name, archive, tmp_path, 2)
    for task in planned:
        task.work.options.overwrite = True
    assert train_at_once(planned) == planned


def test_what_another_process_has_finished_meanwhile_stays(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = runs("activations/leaky_relu", archive, tmp_path, 2)

    def prepare_slowly(run: Run) -> Prepared:
        write_text(run.path / "result.json", "{}")
        return prepare(run)

    monkeypatch.setattr("dnn_techniques.runs.seeds_at_once.prepare", prepare_slowly)
    with pytest.raises(InputError, match="another process made this run meanwhile"):
        train_at_once(planned)
    assert (planned[0].work.path / "result.json").read_text() == "{}"


def test_a_missing_base_leaves_no_folder(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    words = ["--data.root", str(archive().parent), "--data.validation", "10", "--data.train", "20"]
    fixed = {"out": str(out), "replay": False, "perturbation": 0.0}
    chosen = select("transfer/b_on_a_never_frozen")
    with pytest.raises(InputError, match="make it: run transfer/model_a"):
        train_at_once(Plan(chosen, words, 2, fixed).tasks)
    assert not out.exists()


def test_what_has_to_train_alone_says_why(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = runs("regularization/dropout", archive, tmp_path, 2)
    assert train_at_once(planned) == planned
    assert "one seed after the other: dropout would draw other masks" in capsys.readouterr().out
    assert not list(tmp_path.glob("**/config.yaml"))


@pytest.mark.parametrize(
    "option",
    [
        "--trainer.limit_val_batches=0",
        "--trainer.check_val_every_n_epoch=2",
        "--trainer.val_check_interval=0.5",
        "--trainer.max_steps=3",
        "--trainer.max_time=00:00:01:00",
    ],
)
def test_a_stack_validates_after_every_epoch(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    planned = runs("bn/without", archive, tmp_path, 2, more=[option])
    assert train_at_once(planned) == planned
    assert "one seed after the other: a stack needs a validation" in capsys.readouterr().out


@pytest.mark.slow
def test_run_takes_them_together_if_asked(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--trainer.max_epochs", "2", "--trainer.accelerator", "cpu", "--out", str(tmp_path)]
    stacked = ["--seeds", "2", "--jobs", "1", "--stacked", *small]
    for experiment in ("bn/without", "schedules/performance"):
        assert main(["run", experiment, *stacked]) == 0
    output = capsys.readouterr().out
    assert "max_epochs=2, one seed after the other: the learning rate follows" in output
    for name, at_once in (("bn/without", True), ("schedules/performance", False)):
        for seed in (42, 43):
            path = tmp_path / f"{name}{SMALL}" / f"seed-{seed}" / "result.json"
            assert ("stacked_seeds" in json.loads(path.read_text())) == at_once
    assert main(["run", "bn/without", *stacked]) == 0
    assert capsys.readouterr().out.count("kept") == 2


def test_points_of_the_plane_are_trained_at_once_too(tmp_path: Path) -> None:
    name = "playground/hidden-hidden=[3]"
    for out, more in (("at_once", ["--stacked"]), ("alone", [])):
        words = ["run", name, "--seeds", "2", "--trainer.max_epochs", "1", "--jobs", "1", *more]
        assert main([*words, "--out", str(tmp_path / out)]) == 0
    for path in (tmp_path / "alone").rglob("seed-*"):
        at_once = tmp_path / "at_once" / path.relative_to(tmp_path / "alone")
        assert "stacked_seeds" in json.loads((at_once / "result.json").read_text())
        (found,), (expected,) = rows(at_once), rows(path)
        assert found == pytest.approx(expected, rel=1e-4)
