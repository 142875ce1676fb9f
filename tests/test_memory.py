"""Lack of memory before PyTorch is there."""

import os
import subprocess
import sys

import pytest

from dnn_techniques import memory
from dnn_techniques.cli import main

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({bytes}, resource.RLIM_INFINITY))
from dnn_techniques.__main__ import start
sys.argv[1:] = {words}
sys.exit(start())
"""


def limited(bytes: int, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command that may have so many bytes of addresses."""
    code = LIMITED.format(bytes=bytes, words=list(words))
    environment = {**os.environ, "COLUMNS": "1000"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
@pytest.mark.parametrize("bytes", [1 << 30, memory.PYTORCH - 1])
def test_too_little_for_pytorch_is_one_line(bytes: int) -> None:
    ended = limited(bytes, "fit", "-c", "bn/without")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: not enough memory: `ulimit -v` allows ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_what_needs_no_pytorch_needs_less() -> None:
    assert limited(1 << 30, "list", "bn").returncode == 0


@pytest.mark.parametrize("error", [ImportError("no segment"), SystemError("no reason")])
def test_what_a_limit_leads_to_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("dnn_techniques.commands.verify.run", fail)
    with pytest.raises(type(error)):
        main(["verify"])
    capsys.readouterr()
    monkeypatch.setattr(memory, "limit", lambda: 8 << 30)
    assert main(["verify"]) == 2
    assert capsys.readouterr().err == f"error: not enough memory under `ulimit -v`: {error}\n"
