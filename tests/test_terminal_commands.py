"""What every command prints, in a terminal of 80 columns."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dnn_techniques import cli
from dnn_techniques.cli import main
from tests.results.runs_by_hand import NAME, write_run

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
COLUMNS = 80


def check(printed: str) -> None:
    """Each line fits; one that is a single word, a path, cannot be broken."""
    long = [line for line in printed.splitlines() if len(line) > COLUMNS and " " in line.strip()]
    assert not long


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))


def run(words: Sequence[str], capsys: Capture, status: int = 0) -> str:
    try:
        ended = main(words)
    except SystemExit as stop:  # after --help
        ended = int(stop.code or 0)
    printed = capsys.readouterr()
    assert ended == status, printed.err
    check(printed.out + printed.err)
    return printed.out


@pytest.mark.parametrize("command", ["", *cli.COMMANDS, *cli.TRAINER_COMMANDS])
def test_help(command: str, capsys: Capture) -> None:
    assert "usage: " in run([*filter(None, [command]), "--help"], capsys)


@pytest.mark.parametrize("words", [["list"], ["list", "bn-deep"], ["list", "optimizers"]])
def test_list(words: list[str], capsys: Capture) -> None:
    run(words, capsys)


def test_what_reads_runs(tmp_path: Path, capsys: Capture) -> None:
    long = "bn-deep/initializer-norm=none,initializer=glorot_uniform"
    for seed in (1, 2, 3):
        write_run(tmp_path, seed)
        write_run(tmp_path, seed, long, documented=None)
    out = ["--out", str(tmp_path)]
    for words in (["compare"], ["compare", NAME], ["compare", NAME, long]):
        assert "val_accuracy" in run([*words, *out], capsys)


@pytest.mark.parametrize(
    "words", [["fit", "-c", "bn/bef"], ["compare", "bn", "--out", "a/long/folder" * 20], ["figure"]]
)
def test_errors(words: list[str], capsys: Capture) -> None:
    run(words, capsys, status=2)


def test_what_trains_and_uses_a_net(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "runs"
    data = ["--data.root", str(archive().parent), "--data.validation", "50", "--out", str(out)]
    options = ["-c", NAME, *data, "--trainer.max_epochs", "1"]
    assert "val_accuracy" in run(["fit", *options], capsys)
    for command in ("validate", "test", "predict", "print-net"):
        run([command, *options], capsys)
    run(["find-lr", "-c", NAME, "--steps", "60", "--max_lr", "1000", *data], capsys)
    (checkpoint,) = out.rglob("best.ckpt")
    to = ["--format", "torch", "--to", str(tmp_path / "net.pt2")]
    run(["export", "--ckpt_path", str(checkpoint), *to], capsys)
    run(["data", "digits", "--out", str(out)], capsys)
    run(["figures", "activations", "--out", str(out)], capsys)


@pytest.mark.slow
def test_report(tmp_path: Path, capsys: Capture) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed)
    run(["report", "--page", str(tmp_path / "page.md"), "--out", str(tmp_path)], capsys)


@pytest.mark.slow
def test_runs_side_by_side(archive: Archive, tmp_path: Path) -> None:
    command = ["run", "bn", "--jobs", "2", "--data.validation", "50", "--trainer.max_epochs", "1"]
    command += ["--data.root", str(archive().parent), "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "dnn_techniques", *command],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    check(done.stdout + done.stderr)
