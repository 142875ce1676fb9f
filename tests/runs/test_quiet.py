"""Lightning as a part of a command."""

import threading

import pytest

from dnn_techniques.runs.quiet import quiet_lightning


def raise_it(error: Exception) -> None:
    raise error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_full_disk_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    """TensorBoard's thread and the training both raise; other errors of threads are printed."""
    with quiet_lightning():
        for error in (OSError("disk full"), ValueError("another")):
            thread = threading.Thread(target=raise_it, args=(error,))
            thread.start()
            thread.join()
    printed = capsys.readouterr().err
    assert "disk full" not in printed
    assert "ValueError: another" in printed
