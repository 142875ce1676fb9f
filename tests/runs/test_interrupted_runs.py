"""An interrupted run ends as an unbroken one, wherever it was interrupted."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.runs.recording import RunFolder
from dnn_techniques.runs.run_folder import held

Archive = Callable[..., Path]
FOLDER = Path("mine", "own", "seed-42")
CHECKPOINTS = FOLDER / "checkpoints"


@pytest.fixture
def fit(archive: Archive) -> list[str]:
    """A training that takes a second."""
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--model.hidden", "[5]", "--trainer.accelerator", "cpu", "--experiment", "mine/own"]
    return ["fit", "-c", "bn/without", *small]


def rows(out: Path) -> list[dict[str, str]]:
    with (out / FOLDER / "metrics.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def interrupt_after(epochs: int) -> Callable[..., None]:
    def hook(folder: RunFolder, trainer: Any, module: Any) -> None:
        if trainer.current_epoch == epochs:
            raise KeyboardInterrupt

    return hook


def interrupt(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt


def test_a_plateau_is_told_of_every_epoch(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rate is halved after each epoch that was no better: nearly all, with a rate near 0."""
    plateau = ["-c", "schedules/performance", "--model.patience=1", "--model.lr=1e-30"]
    command = ["fit", *plateau, *fit[3:], "--trainer.max_epochs", "6", "--out"]
    assert main([*command, str(tmp_path / "unbroken")]) == 0
    for epoch in (1, 2, 3):
        with monkeypatch.context() as patch:
            patch.setattr(RunFolder, "on_train_epoch_start", interrupt_after(epoch))
            assert main([*command, str(tmp_path / "broken")]) == 130
    assert main([*command, str(tmp_path / "broken")]) == 0
    outs = tmp_path / "unbroken", tmp_path / "broken"
    assert rows(outs[0]) == rows(outs[1])
    assert len({row["lr"] for row in rows(outs[0])}) > 2
    last = [torch.load(out / CHECKPOINTS / "last.ckpt", weights_only=True) for out in outs]
    assert last[0]["lr_schedulers"] == last[1]["lr_schedulers"]


def test_what_early_stopping_stopped_stays_stopped(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = ["--trainer.callbacks+=EarlyStopping", "--trainer.callbacks.monitor=val_loss"]
    stopping += ["--trainer.callbacks.patience=1", "--model.lr=0", "--trainer.max_epochs=6"]
    command = [*fit, *stopping, "--out", str(tmp_path)]
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "finish", interrupt)
        assert main(command) == 130
    assert len(rows(tmp_path)) == 2
    assert main(command) == 0
    assert len(rows(tmp_path)) == 2


def test_a_moved_folder_keeps_its_best_weights(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No epoch is better than the first: the rate is 0."""
    unchanged = ["--trainer.max_epochs", "3", "--model.lr", "0"]
    here, there = tmp_path / "here", tmp_path / "there"
    add_row = RunFolder.add_row

    def in_the_second(folder: RunFolder, trainer: Any, *values: Any) -> None:
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt
        add_row(folder, trainer, *values)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "add_row", in_the_second)
        assert main([*fit, *unchanged, "--out", str(here)]) == 130
    shutil.copytree(here, there)
    for out in (here, there):
        assert main([*fit, *unchanged, "--out", str(out)]) == 0
    best = [torch.load(out / CHECKPOINTS / "best.ckpt", weights_only=True) for out in (here, there)]
    assert [saved["epoch"] for saved in best] == [0, 0]


def test_a_run_that_is_made_longer_goes_on_when_given_again(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its epochs are trained, and its result is not written yet."""
    outs = tmp_path / "unbroken", tmp_path / "broken"
    for out in outs:
        assert main([*fit, "--trainer.max_epochs", "1", "--out", str(out)]) == 0

    def longer(out: Path) -> list[str]:
        last = str(out / CHECKPOINTS / "last.ckpt")
        return [*fit, "--trainer.max_epochs", "3", "--out", str(out), "--ckpt_path", last]

    assert main(longer(outs[0])) == 0
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "finish", interrupt)
        assert main(longer(outs[1])) == 130
    assert main(longer(outs[1])) == 0
    assert rows(outs[0]) == rows(outs[1])
    last = [torch.load(out / CHECKPOINTS / "last.ckpt", weights_only=True) for out in outs]
    for name, value in last[0]["state_dict"].items():
        assert torch.equal(value, last[1]["state_dict"][name])


def test_a_folder_is_held_until_its_result_is_written(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, taken = RunFolder.finish, []

    def taken_by_another(folder: RunFolder, *args: Any) -> None:
        finish(folder, *args)
        with (
            pytest.raises(InputError, match="another process is training"),
            held(folder.path, tmp_path),
        ):
            pass
        taken.append(folder.path)

    monkeypatch.setattr(RunFolder, "finish", taken_by_another)
    assert main([*fit, "--trainer.max_epochs", "1", "--out", str(tmp_path)]) == 0
    assert taken == [tmp_path / FOLDER]
    assert not (tmp_path / FOLDER / ".lock").exists()
