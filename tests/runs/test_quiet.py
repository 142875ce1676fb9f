"""Lightning as a part of a command."""

import subprocess
import sys
import threading

import pytest

from dnn_techniques.runs.quiet import quiet_lightning


def raise_it(error: Exception) -> None:
    raise error


class Writer(threading.Thread):
    """As TensorBoard's."""

    __module__ = "tensorboard.summary"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_full_disk_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    """TensorBoard's thread and the training both raise; other errors of threads are printed."""
    threads = [
        Writer(target=raise_it, args=(OSError("disk full"),)),
        Writer(target=raise_it, args=(ValueError("another"),)),
        threading.Thread(target=raise_it, args=(OSError("elsewhere"),)),
    ]
    with quiet_lightning():
        for thread in threads:
            thread.start()
            thread.join()
    printed = capsys.readouterr().err
    assert "disk full" not in printed
    assert "ValueError: another" in printed
    assert "OSError: elsewhere" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_without_memory_nothing_begins() -> None:
    """A thread would not come to life, and Python would wait for it."""
    program = """
import resource
from pathlib import Path
from dnn_techniques.runs.quiet import quiet_lightning
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used, used))
with quiet_lightning():
    print("begun")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout == ""
    assert "InputError: not enough memory" in ended.stderr
