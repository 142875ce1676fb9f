"""A damaged run folder is named, with what to do, and never trained on or replaced in silence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.data.sources import _load
from dnn_techniques.runs.digest import digest_of_weights
from tests.results.runs_by_hand import NAME, write_run

Capture = pytest.CaptureFixture[str]

RUN = Path("bn", "without", "seed-42")
LAST, BEST = Path("checkpoints", "last.ckpt"), Path("checkpoints", "best.ckpt")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one epoch, below a folder of run folders; beside it `data`."""
    top = tmp_path_factory.mktemp("trained")
    random = np.random.RandomState(0)
    arrays: dict[str, Any] = {}
    for half, n in (("train", 100), ("test", 20)):
        arrays[f"x_{half}"] = random.randint(0, 255, (n, 28, 28)).astype(np.uint8)
        arrays[f"y_{half}"] = random.randint(0, 10, n).astype(np.uint8)
    (top / "data").mkdir()
    np.savez(top / "data" / "fashion_mnist.npz", **arrays)
    assert main(["fit", *words(top)]) == 0
    return top


def words(top: Path, out: Path | None = None) -> list[str]:
    """Options of the run."""
    small = ["--data.root", str(top / "data"), "--data.validation", "20", "--model.hidden", "[5]"]
    small += ["--trainer.max_epochs", "1", "--trainer.accelerator", "cpu"]
    return ["-c", "bn/without", "--experiment", "bn/without", *small, "--out", str(out or top)]


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """A copy of the finished run's folder."""
    _load.cache_clear()
    shutil.copytree(trained / RUN, tmp_path / RUN)
    return tmp_path / RUN


def flip(file: Path) -> None:
    """Change one bit of the last stored weight or so."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def test_a_finished_run_knows_its_files(copied: Path) -> None:
    digests = json.loads((copied / "result.json").read_text())["sha256"]
    others = ["config.yaml", "metrics.csv", "result.json"]
    assert sorted(digests) == ["checkpoints/best.ckpt", "checkpoints/last.ckpt", *others]


def test_a_finished_run_knows_its_weights(copied: Path) -> None:
    known = json.loads((copied / "result.json").read_text())["weights_sha256"]
    weights = torch.load(copied / LAST, weights_only=True)["state_dict"]
    assert digest_of_weights(weights) == known
    name = next(iter(weights))
    weights[name].view(-1)[0].nextafter_(torch.tensor(9.0))
    assert digest_of_weights(weights) != known


def one_line(capsys: Capture, file: Path) -> str:
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert str(file) in error
    return error


@pytest.mark.parametrize("name", ["config.yaml", "result.json"])
@pytest.mark.parametrize("text", [None, "", "\0\0\0", "words", "{"])
def test_no_damaged_run_is_replaced(
    trained: Path, copied: Path, capsys: Capture, name: str, text: str | None
) -> None:
    (copied / name).unlink()
    if text is not None:
        (copied / name).write_text(text)
    if name == "result.json" and text is None:
        return  # an unfinished run, which goes on
    kept = (copied / LAST).read_bytes()
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 2
    assert "delete" in one_line(capsys, copied / name)
    assert (copied / LAST).read_bytes() == kept


@pytest.mark.parametrize("name", ["checkpoints/last.ckpt", "checkpoints/best.ckpt", "metrics.csv"])
@pytest.mark.parametrize("how", ["flipped", "missing"])
def test_a_damaged_run_is_not_kept_as_finished(
    trained: Path, copied: Path, capsys: Capture, name: str, how: str
) -> None:
    command = ["fit", *words(trained, copied.parents[2])]
    assert main(command) == 2
    assert "holds a finished run; --overwrite" in one_line(capsys, copied)  # `run` keeps it
    flip(copied / name) if how == "flipped" else (copied / name).unlink()
    capsys.readouterr()
    assert main(command) == 2
    assert "delete" in one_line(capsys, copied / name)


@pytest.mark.parametrize("how", ["flipped", "truncated", "empty", "text", "foreign", "list"])
def test_an_interrupted_run_goes_on_from_no_damaged_checkpoint(
    trained: Path, copied: Path, capsys: Capture, how: str
) -> None:
    (copied / "result.json").unlink()
    last = copied / LAST
    damage: dict[str, Callable[[], object]] = {
        "flipped": lambda: flip(last),
        "truncated": lambda: last.write_bytes(last.read_bytes()[:-1000]),
        "empty": lambda: last.write_bytes(b""),
        "text": lambda: last.write_text("words"),
        "foreign": lambda: torch.save({"state_dict": {"w": torch.ones(1)}}, last),
        "list": lambda: torch.save([1], last),
    }
    damage[how]()
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 2
    assert "--overwrite true starts the run anew" in one_line(capsys, last)


def test_an_interrupted_run_keeps_no_damaged_best_weights(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    (copied / "result.json").unlink()
    flip(copied / BEST)
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 2
    assert "--overwrite true starts the run anew" in one_line(capsys, copied / BEST)


def test_an_interrupted_run_does_not_end_without_its_best_weights(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    """No later epoch leaves others here."""
    (copied / "result.json").unlink()
    (copied / BEST).unlink()
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 2
    assert "no such file; --overwrite true starts" in one_line(capsys, copied / BEST)


def test_a_damaged_table_is_written_again_if_no_epoch_is_left(trained: Path, copied: Path) -> None:
    (copied / "result.json").unlink()
    table = copied / "metrics.csv"
    whole = table.read_text()
    table.write_text(whole[:-3])
    assert main(["fit", *words(trained, copied.parents[2])]) == 0
    assert table.read_text() == whole


def test_a_run_that_goes_on_on_another_device_says_so(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    (copied / "result.json").unlink()
    saved = torch.load(copied / LAST, weights_only=True)
    assert saved["callbacks"]["RunFolder"]["device"] == "cpu"
    saved["callbacks"]["RunFolder"]["device"] = "cuda"
    torch.save(saved, copied / LAST)
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 0
    assert "begun on cuda: on cpu last digits may differ" in capsys.readouterr().err


def test_a_damaged_option_is_named_with_its_file(copied: Path, capsys: Capture) -> None:
    """Nothing knows the digest of an unfinished run's config.yaml."""
    (copied / "result.json").unlink()
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("weights_only: null", "weights_only: nu"))
    capsys.readouterr()
    export = ["export", "--ckpt_path", str(copied / BEST), "--format", "torch", "--to"]
    assert main([*export, str(copied / "net.pt2")]) == 2
    assert "weights_only" in one_line(capsys, config)


def test_an_interrupted_run_goes_on_from_no_other_runs_checkpoint(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    (copied / "result.json").unlink()
    other = copied.with_name("seed-43")
    shutil.move(copied, other)
    capsys.readouterr()
    assert main(["fit", *words(trained, other.parents[2]), "--seed_everything", "43"]) == 2
    assert "was begun on other run" in one_line(capsys, other)


def test_another_runs_checkpoint_is_refused_before_a_file_changes(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    (copied / "result.json").unlink()
    saved = torch.load(copied / LAST, weights_only=True)
    saved["callbacks"]["RunFolder"]["run"] = "another/seed-42"
    torch.save(saved, copied / LAST)
    before = (copied / "config.yaml").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["fit", *words(trained, copied.parents[2])]) == 2
    assert "is of the run another/seed-42" in one_line(capsys, copied / LAST)
    assert (copied / "config.yaml").stat().st_mtime_ns == before


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("command", ["test", "export"])
def test_no_other_runs_weights_are_used(
    trained: Path, copied: Path, capsys: Capture, command: str, finished: bool
) -> None:
    saved = torch.load(copied / BEST, weights_only=True)
    saved["callbacks"]["RunFolder"]["run"] = "bn/without/seed-43"
    torch.save(saved, copied / BEST)
    if not finished:
        (copied / "result.json").unlink()
    export = ["--ckpt_path", str(copied / BEST), "--format", "torch", "--to", str(copied / "net")]
    capsys.readouterr()
    arguments = export if command == "export" else words(trained, copied.parents[2])
    assert main([command, *arguments]) == 2
    said = "is not the one that" if finished else "is of the run bn/without/seed-43, not of"
    assert said in one_line(capsys, copied / BEST)


def test_missing_best_weights_are_not_replaced(
    trained: Path, copied: Path, capsys: Capture
) -> None:
    (copied / BEST).unlink()
    capsys.readouterr()
    assert main(["test", *words(trained, copied.parents[2])]) == 2
    assert "no such file" in one_line(capsys, copied / BEST)


@pytest.mark.parametrize("command", ["test", "predict", "validate"])
def test_no_damaged_weights_are_used(
    trained: Path, copied: Path, capsys: Capture, command: str
) -> None:
    flip(copied / BEST)
    capsys.readouterr()
    assert main([command, *words(trained, copied.parents[2])]) == 2
    assert "is damaged" in one_line(capsys, copied / BEST)


def test_no_diverged_weights_are_used(trained: Path, copied: Path, capsys: Capture) -> None:
    saved = torch.load(copied / BEST, weights_only=True)
    next(iter(saved["state_dict"].values()))[0] = torch.nan
    torch.save(saved, copied / BEST)
    (copied / "result.json").unlink()  # which would know them for others
    export = ["export", "--ckpt_path", str(copied / BEST), "--format", "torch", "--to"]
    capsys.readouterr()
    assert main([*export, str(copied / "net.pt2")]) == 2
    assert "is not finite" in one_line(capsys, copied / BEST)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("result.json", '"seed": 42', '"seed": 43'),
        ("result.json", '"changes"', '"chances"'),
        ("result.json", '"val_loss": 2', '"val_loss": 1'),
        ("metrics.csv", "1,", "1,words,"),
        ("metrics.csv", "1,", "2,"),
        ("config.yaml", "lr: ", "lr: 1"),
    ],
)
def test_changed_files_are_not_compared(
    copied: Path, capsys: Capture, file: str, old: str, new: str
) -> None:
    text = (copied / file).read_text()
    assert old in text
    (copied / file).write_text(text.replace(old, new, 1))
    capsys.readouterr()
    assert main(["compare", "--out", str(copied.parents[2])]) == 2
    assert "delete" in one_line(capsys, copied / file)


def test_one_bad_folder_stops_no_comparison(tmp_path: Path, capsys: Capture) -> None:
    write_run(tmp_path, 1)
    write_run(tmp_path, 1, "bn/without")
    write_run(tmp_path, 1, "depth/two")
    bad = tmp_path / NAME / "seed-1" / "metrics.csv"
    bad.write_text("")
    (tmp_path / "depth" / "two" / "seed-1" / "metrics.csv").write_text("")
    assert main(["compare", "bn", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "| bn/without" in printed
    assert f"Left out: {bad} is missing or damaged; delete" in printed
    assert printed.count("Left out") == 1
    assert main(["compare", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "| bn/without" in said.out
    assert "depth/two/seed-1/metrics.csv is missing or damaged" in said.err
