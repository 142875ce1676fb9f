"""Signals end a command, and what it has begun, in good order."""

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

WORDS = "run bn --jobs 2 --model.hidden [5] --data.validation 50 --trainer.accelerator cpu"


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_runs_side_by_side_end_with_their_command(
    archive: Callable[..., Path], tmp_path: Path, how: signal.Signals
) -> None:
    words = [*WORDS.split(), "--trainer.max_epochs", "10000"]
    words += ["--data.root", str(archive().parent), "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "dnn_techniques", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        preexec_fn=partial(signal.signal, how, signal.SIG_DFL),  # under nohup it is ignored
    )
    try:
        assert process.stdout is not None
        while "epoch" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + how
    assert errors == ""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_ignored_signal_stays_ignored(name: str) -> None:
    code = f"""
import signal, sys
signal.signal(signal.{name}, signal.SIG_IGN)
sys.argv[1:] = ["--version"]
from dnn_techniques.__main__ import start
try:
    start()
finally:
    sys.exit(signal.getsignal(signal.{name}) != signal.SIG_IGN)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
