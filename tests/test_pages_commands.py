"""Every command of README and guides works, in the order in which they stand."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnn_techniques.cli import main
from dnn_techniques.runs import experiments
from tests.pages import GUIDES, README, ROOT, own_experiment, text, write_own_activation


def commands() -> list[list[str]]:
    """What stands after ``python -m dnn_techniques`` at the beginning of lines."""
    lines = text(README, *GUIDES).replace("\\\n", " ").splitlines()
    found = [shlex.split(line, comments=True)[3:] for line in lines if line.startswith("python -m")]
    assert len(found) >= 20
    return found


def shorten(text: str) -> str:
    """An experiment file with fewer epochs."""
    return re.sub(r"max_epochs: (\d+)", lambda m: f"max_epochs: {min(5, int(m[1]))}", text)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_commands_work_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a small data set and with few epochs, but else as they stand there."""
    random = np.random.RandomState(0)
    arrays: dict[str, Any] = {}
    for half, n in (("train", 7800), ("test", 200)):
        y = random.randint(0, 10, n)
        x = random.randint(0, 100, (n, 28, 28))
        x[np.arange(n), y] += 100
        arrays |= {f"x_{half}": x.astype(np.uint8), f"y_{half}": y.astype(np.uint8)}
    for name in ("fashion_mnist", "mnist"):
        np.savez(tmp_path / f"{name}.npz", **arrays)
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(tmp_path))
    for path in (ROOT / "experiments").glob("*/*.yaml"):
        copy = tmp_path / "experiments" / path.relative_to(ROOT / "experiments")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(shorten(path.read_text()))
    monkeypatch.setattr(experiments, "EXPERIMENTS", tmp_path / "experiments")

    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    module, file = own_experiment()
    (here / "my_net.py").write_text(module)
    (here / "mine.yaml").write_text(file)
    write_own_activation(here)
    for words in commands():
        if words[0] == "run" and "--jobs" not in words:
            words = [*words, "--jobs", "1"]
        status = main(words)
        captured = capsys.readouterr()
        assert status == 0, f"{shlex.join(words)}: {captured.err}"
        assert captured.out, shlex.join(words)
    shutil.rmtree(here)
