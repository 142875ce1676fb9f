"""What a person types who has never seen the project, with README alone."""

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dnn_techniques.cli import main
from tests.pages import own_activation, write_own_activation

Archive = Callable[..., Path]


def shown() -> list[str]:
    """The blocks of that part of README."""
    return re.findall(r"(?ms)^```\w*\n(.*?)^```", own_activation())


def test_reading_and_typing_take_five_minutes() -> None:
    """At 200 words a minute, and 250 characters."""
    typed = re.sub(r"\n +", "\n", "".join(shown()))
    assert len(own_activation().split()) / 200 + len(typed) / 250 < 5


@pytest.mark.slow
def test_an_activation_of_one_s_own_beside_relu(
    archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On few images: three seeds, three with ReLU, and their differences."""
    labels = np.arange(5300) % 10
    images = np.random.RandomState(0).randint(0, 100, (len(labels), 28, 28))
    images[np.arange(len(labels)), labels] += 100
    data = archive(x_train=images.astype(np.uint8), y_train=labels.astype(np.uint8))
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(data.parent))
    monkeypatch.chdir(tmp_path)
    write_own_activation(tmp_path)
    environment, *commands = shown()[-1].splitlines()
    assert environment == "source .venv/bin/activate"  # which `make` has made
    for command in commands:
        program, words = shlex.split(command)[:3], shlex.split(command)[3:]
        assert program == ["python", "-m", "dnn_techniques"]
        capsys.readouterr()
        assert main([*words, *(["--jobs", "1"] if words[0] == "run" else [])]) == 0
    said = capsys.readouterr().out
    (row,) = (line.split("|") for line in said.splitlines() if line.startswith("| val_accuracy"))
    assert row[2].strip() == "3"
    sys.modules.pop("my_activation", None)
