"""`verify` names every file of a run that is not what the run left."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.runs.verify import run_folders, verify_run
from tests.runs.test_damaged_runs import BEST, LAST, RUN, copied, flip, trained

Capture = pytest.CaptureFixture[str]

__all__ = ["copied", "trained"]  # fixtures


def test_a_finished_run_is_fine(copied: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["verify", str(copied)]) == 0
    lines = capsys.readouterr().out.splitlines()
    files = ["result.json", "config.yaml", "metrics.csv", str(LAST), str(BEST)]
    assert [line.partition(": ")[0] for line in lines] == [f"ok  {copied / f}" for f in files]
    assert "1 epochs" in lines[2]


def test_an_unfinished_run_is_fine(copied: Path) -> None:
    (copied / "result.json").unlink()
    verdicts = list(verify_run(copied))
    assert all(verdict.fine for verdict in verdicts)
    assert "unfinished" in str(verdicts[0])


@pytest.mark.parametrize("name", ["metrics.csv", BEST])
def test_what_an_unfinished_run_has_to_have_is_named(copied: Path, name: str | Path) -> None:
    for missing in ("result.json", name):
        (copied / missing).unlink()
    (bad,) = [verdict for verdict in verify_run(copied) if not verdict.fine]
    assert bad.file == copied / name


def change_weights(file: Path) -> None:
    """As a program would that writes a whole checkpoint, with its checksums."""
    saved = torch.load(file, weights_only=True)
    next(iter(saved["state_dict"].values())).view(-1)[0] += 1
    torch.save(saved, file)


def forget_digests(file: Path) -> None:
    """Of the files, as in a run of an earlier day."""
    result = json.loads((file.parents[1] / "result.json").read_text())
    del result["sha256"]
    (file.parents[1] / "result.json").write_text(json.dumps(result))


def diverge(file: Path) -> None:
    saved = torch.load(file, weights_only=True)
    next(iter(saved["state_dict"].values())).view(-1)[0] = torch.nan
    torch.save(saved, file)


@pytest.mark.parametrize(
    ("name", "damages", "said"),
    [
        (LAST, [flip], "the checksum of"),
        (LAST, [Path.unlink], "no such file"),
        (LAST, [lambda f: f.write_bytes(b"")], "is damaged or was not saved"),
        (LAST, [lambda f: torch.save({"state_dict": {}}, f)], "is no checkpoint"),
        (LAST, [change_weights], "is not the one that the finished run left"),
        (LAST, [change_weights, forget_digests], "other weights than the finished run's"),
        (BEST, [diverge, forget_digests], "is not finite"),
        (Path("config.yaml"), [lambda f: f.write_text("model: 1\n")], "is not the one that"),
        (Path("config.yaml"), [Path.unlink], "is missing or damaged"),
        (Path("metrics.csv"), [lambda f: f.write_text("epoch\nwords\n")], "missing or damaged"),
        (Path("result.json"), [lambda f: f.write_text("{")], "is missing or damaged"),
    ],
)
def test_a_damaged_file_is_named(
    copied: Path,
    capsys: Capture,
    name: Path,
    damages: list[Callable[[Path], object]],
    said: str,
) -> None:
    for damage in damages:
        damage(copied / name)
    capsys.readouterr()
    assert main(["verify", RUN.parts[0], "--out", str(copied.parents[2])]) == 2
    printed = capsys.readouterr()
    assert "1 of 5 files cannot be used" in printed.err or name.name == "result.json"
    (line,) = [line for line in printed.out.splitlines() if line.startswith("BAD")]
    assert str(copied / name) in line
    assert said in line


def test_a_diverged_run_is_what_it_is(copied: Path) -> None:
    from dnn_techniques.runs.digest import digest_of_weights

    diverge(copied / LAST)
    forget_digests(copied / LAST)
    result = json.loads((copied / "result.json").read_text())
    weights = torch.load(copied / LAST, weights_only=True)["state_dict"]
    result["weights_sha256"] = digest_of_weights(weights)
    (copied / "result.json").write_text(json.dumps(result))
    verdicts = list(verify_run(copied))
    assert all(verdict.fine for verdict in verdicts)
    assert "the training diverged" in str(verdicts[3])


def test_no_run_is_no_success(tmp_path: Path, capsys: Capture) -> None:
    assert run_folders(tmp_path) == []
    assert main(["verify", str(tmp_path)]) == 2
    assert "no run folder there" in capsys.readouterr().err


def test_no_lightning(copied: Path) -> None:
    """PyTorch has to read the checkpoints, and takes seconds; Lightning takes seconds more."""
    script = "import sys; from dnn_techniques.cli import main; status = main(sys.argv[1:]);"
    script += "sys.exit(status or 'pytorch_lightning' in sys.modules)"
    words = [sys.executable, "-c", script, "verify", str(copied)]
    assert subprocess.run(words, check=False).returncode == 0
