"""What every command prints, in a terminal of 80 columns."""

import fcntl
import math
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
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


LONG = "bn-deep/initializer-norm=none,initializer=glorot_uniform"


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Option with a folder of runs, one with a long name that has changed settings and diverged."""
    changed = [f"model.init_args.an_option_with_a_name_{k} 0.001 -> 0.{k}" for k in range(9)]
    gone = [[epoch, *[math.nan if epoch > 3 else 0.5] * 4, 0.1, 2] for epoch in range(1, 6)]
    for seed in (1, 2, 3):
        write_run(tmp_path, seed)
        write_run(tmp_path, seed, LONG, documented=None, rows=gone, changes=changed)
    return ["--out", str(tmp_path)]


def test_what_reads_runs(runs: list[str], capsys: Capture) -> None:
    for words in (["compare"], ["compare", NAME], ["compare", NAME, LONG]):
        assert "val_accuracy" in run([*words, *runs], capsys)
    assert "3 of 3 runs diverged" in run(["compare", "bn-deep", *runs], capsys)
    page = ["--page", f"{runs[1]}/a-folder-for-the-page/all-of-the-finished-runs.html"]
    assert "open it in a browser" in run(["report", "--html", *page, *runs], capsys)
    assert "5 epochs" in run(["verify", *runs], capsys)


@pytest.mark.parametrize(
    "words", [["fit", "-c", "bn/bef"], ["compare", "bn", "--out", "a/long/folder" * 20], ["figure"]]
)
def test_errors(words: list[str], capsys: Capture) -> None:
    run(words, capsys, status=2)


@pytest.mark.slow
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
    run(["figures", str(checkpoint.parents[1]), "--out", str(out)], capsys)
    run(["figures", str(out / "bn"), "--out", str(out)], capsys)
    run(["verify", "--out", str(out)], capsys)


@pytest.mark.slow
def test_report(tmp_path: Path, capsys: Capture) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed)
    run(["report", "--page", str(tmp_path / "page.md"), "--out", str(tmp_path)], capsys)
    run(["report", "documents", "--page", str(tmp_path / "documents.md")], capsys)


@pytest.mark.slow
def test_studies(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    y = np.arange(6200) % 10
    images = np.random.RandomState(0).randint(0, 255, (len(y), 28, 28)).astype(np.uint8)
    root = str(archive(x_train=images, y_train=y.astype(np.uint8)).parent)
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", root)
    monkeypatch.setattr("dnn_techniques.studies.transfer.task_a.EPOCHS", 1)
    out = ["--out", str(tmp_path / "runs")]
    words = ["--labels", "20", "100", "--epochs", "6", "--frozen", "2", "--pretraining", "1"]
    run(["pretraining-study", "--root", root, *words, "--seeds", "2", *out], capsys)
    words = ["--validation", "50", "--pairs", "5-6", "0-1", "--sizes", "30", "10", "--jobs", "1"]
    run(["transfer-study", *words, "--seeds", "2", *out], capsys)


@pytest.mark.slow
def test_find_reuse(archive: Archive, tmp_path: Path, capsys: Capture) -> None:
    small = ["--data.root", str(archive().parent), "--data.validation", "50", "--model.lr", "0.05"]
    small += ["--data.train", "20", "--trainer.max_epochs", "1", "--out", str(tmp_path)]
    assert main(["fit", "-c", "transfer/model_a", *small]) == 0
    (base,) = (p.relative_to(tmp_path).as_posix() for p in (tmp_path / "transfer").glob("model_a*"))
    capsys.readouterr()
    words = ["-c", "transfer/b_on_a_frozen", "--reuse.run", base, "--warm_up", "0", "--seeds", "1"]
    run(["find-reuse", *words, *small], capsys)


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


def in_a_terminal(words: Sequence[str], **environment: str) -> str:
    """What a command shows in a terminal of 80 columns, line by line as it is drawn."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "dnn_techniques", *words],
        stdin=its,
        stdout=its,
        stderr=its,
        env=kept | {"TERM": "xterm-256color"} | environment,
        cwd=Path(__file__).parents[1],
    )
    os.close(its)
    shown = b""
    try:
        while part := os.read(mine, 65536):
            shown += part
    except OSError:  # so a terminal ends on Linux
        pass
    os.close(mine)
    assert process.wait() == 0, shown.decode()
    return shown.decode()


COLOR = re.compile(r"\x1b\[[0-9;]*m")
MOVE = re.compile(r"\x1b\[[0-9;]*[A-Z]|\r")


def test_colours_are_for_those_who_want_them(runs: list[str]) -> None:
    colored = in_a_terminal(["compare", "bn", *runs])
    assert COLOR.search(colored)
    plain = in_a_terminal(["compare", "bn", *runs], NO_COLOR="1")
    assert not COLOR.search(plain)
    for shown in (colored, plain):
        assert "val_accuracy" in shown
        check(COLOR.sub("", MOVE.sub("\n", shown)))


@pytest.mark.slow
def test_a_training_in_a_terminal(archive: Archive, tmp_path: Path) -> None:
    options = ["--data.root", str(archive().parent), "--data.validation", "50", "--seeds", "2"]
    options += ["--trainer.max_epochs", "2", "--out", str(tmp_path)]
    for jobs in ("1", "2"):
        shown = in_a_terminal(["run", NAME, *options, "--jobs", jobs, "--overwrite", "true"])
        assert "val_accuracy" in shown
        check(COLOR.sub("", MOVE.sub("\n", shown)))


def test_every_command_is_among_these() -> None:
    source, commands = Path(__file__).read_text(), {*cli.COMMANDS, *cli.TRAINER_COMMANDS}
    assert not [name for name in commands if f'"{name}"' not in source]
