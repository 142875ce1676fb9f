"""The replay of one chain of the transfer runs gives the printed figures."""

from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.results.replayed import read_replayed


@pytest.mark.parity
def test_the_reused_layers_of_the_replay_are_the_printed_ones(tmp_path: Path) -> None:
    """A, and B on A, which follows the notebook only if A's layers and the frozen stage did.

    The frozen stage itself shows a new output layer on A's last hidden layer: moved by 1e-7 in the
    beginning, A changes its val_loss by more than the tolerance of a replay. What is certain of it
    is the draw of that layer: with the one before it begins at .446, with the one after at .726.
    """
    assert main(["run", "transfer/b_on_a", "--replay", "--out", str(tmp_path)]) == 0
    frozen = read_replayed(tmp_path, "transfer/b_on_a_frozen")
    assert frozen is not None
    assert frozen.run.curves["val_loss"][0] == pytest.approx(0.2797, abs=0.01)
    for name in ("model_a", "b_on_a"):
        replayed = read_replayed(tmp_path, f"transfer/{name}")
        assert replayed is not None
        assert replayed.verdict == "replayed"
    assert replayed is not None
    assert replayed.run.finished["test_accuracy"] == pytest.approx(0.9940, abs=5e-4)
    assert replayed.run.finished["test_loss"] == pytest.approx(0.0562, abs=5e-4)
