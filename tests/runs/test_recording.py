import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.results.divergence import Divergence, divergence
from dnn_techniques.results.run_sets import read_run
from dnn_techniques.runs.recording import RunFolder, first_bad_step

Archive = Callable[..., Path]
FOLDER = Path("mine", "own", "seed-42")


@pytest.fixture
def fit(archive: Archive, tmp_path: Path) -> list[str]:
    """A training of two epochs of 8 steps, whose second step meets weights of 1e30."""
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    small += ["--model.hidden", "[5]", "--trainer.accelerator", "cpu", "--experiment", "mine/own"]
    small += ["--trainer.max_epochs", "2", "--model.lr", "1e30", "--out", str(tmp_path)]
    return ["fit", "-c", "bn/without", *small]


def diverged(out: Path) -> Divergence | None:
    return divergence(read_run(out / FOLDER))


def test_the_first_step_whose_loss_is_no_number() -> None:
    losses = [*map(torch.tensor, (1.0, 2.0, float("inf"), 1.0, float("nan")))]
    assert first_bad_step(losses, steps=25) == 23
    assert first_bad_step(losses, steps=23, batches=2) == 22  # of batches 2 + 2 + 1
    assert first_bad_step(losses[:2], steps=10) == 10  # after it no loss is a number


@pytest.mark.parametrize("engine", ["fast", "plain"])
def test_a_diverged_run_notes_the_step(fit: list[str], tmp_path: Path, engine: str) -> None:
    assert main([*fit, "--engine", engine]) == 0
    assert diverged(tmp_path) == Divergence(0, 1, 2, 16)


def test_if_only_the_validation_diverged_it_was_the_last_step(
    fit: list[str], tmp_path: Path
) -> None:
    assert main([*fit, "--data.batch_size", "250"]) == 0
    assert diverged(tmp_path) == Divergence(0, 1, 1, 2)


def test_a_resumed_run_keeps_step_and_number_of_steps(
    fit: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "finish", interrupt)
        assert main(fit) == 130
    assert main(fit) == 0
    assert diverged(tmp_path) == Divergence(0, 1, 2, 16)


def test_a_run_that_learns_has_no_such_column(fit: list[str], tmp_path: Path) -> None:
    assert main([*fit, "--model.lr", "0.01"]) == 0
    assert "diverged" not in (tmp_path / FOLDER / "metrics.csv").read_text()
    assert json.loads((tmp_path / FOLDER / "result.json").read_text())["steps"] == 16


def test_a_run_goes_on_with_fewer_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [torch.tensor([number], dtype=torch.uint8) for number in (1, 2)]
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: states)
    monkeypatch.setattr(
        torch.cuda, "set_rng_state", lambda state, device: taken.append((device, int(state)))
    )
    folder = RunFolder(tmp_path, {"experiment": "own", "data": {}})
    folder.load_state_dict(folder.state_dict())
    assert taken == [(0, 1)]


def test_a_mac_goes_on_with_its_random_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: torch.tensor([3], dtype=torch.uint8))
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda state: taken.append(int(state)))
    folder = RunFolder(tmp_path, {"experiment": "own", "data": {}})
    folder.load_state_dict(folder.state_dict())
    assert taken == [3]
