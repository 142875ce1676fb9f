from collections.abc import Callable
from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.optim import Clipping, MaxNorm

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
BEFORE = "bn/before_activation"


def test_suggests_a_rate_and_draws_it(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "runs"
    options = ["--data.root", str(archive().parent), "--data.validation", "50", "--out", str(out)]
    command = ["find-lr", "-c", BEFORE, "--steps", "60", "--max_lr", "1000", *options]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "suggested learning rate " in first
    assert "a tenth of that, the book's rule" in first
    assert "the experiment's own rate is 0.001" in first
    files = sorted(path for path in out.rglob("*") if path.is_file())
    folder = out / "bn" / "before_activation"
    assert files == [folder / "find-lr.csv", folder / "find-lr.png"]
    assert files[1].read_bytes().startswith(b"\x89PNG")
    numbers = files[0].read_text()
    assert "the experiment's own, 0.001\",0.001,," in numbers
    assert numbers.count("smoothed batch loss") == numbers.count(",batch loss") > 20
    assert main(command) == 0
    assert capsys.readouterr().out == first


def test_bad_limits_are_refused(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "runs"
    options = ["--data.root", str(archive().parent), "--data.validation", "50", "--out", str(out)]
    assert main(["find-lr", "-c", BEFORE, "--min_lr", "20", *options]) == 2
    assert capsys.readouterr().err == "error: max_lr must be in (20.0, inf), got 10.0\n"
    assert main(["find-lr", "-c", BEFORE, "--steps", "0", *options]) == 2
    assert capsys.readouterr().err == "error: steps must be at least 1, got 0\n"
    assert main(["find-lr", "-c", BEFORE, "--step", "5", *options]) == 2
    assert "did you mean steps" in capsys.readouterr().err
    assert not out.exists()


def test_clips_and_constrains_as_fit_does(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(Clipping, "__call__", lambda *_: steps.append("clipped"))
    monkeypatch.setattr(MaxNorm, "__call__", lambda *_: steps.append("constrained"))
    options = ["--data.root", str(archive().parent), "--data.validation", "50"]
    options += ["--out", str(tmp_path), "--steps", "60", "--max_lr", "1000"]
    for name in ("clipping/by_value", "regularization/max_norm"):
        assert main(["find-lr", "-c", name, *options]) == 0
    assert steps.count("clipped") > 20
    assert steps.count("constrained") > 20
