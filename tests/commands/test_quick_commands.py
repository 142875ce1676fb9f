"""What only reads files imports no PyTorch, which would take seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.results.runs_by_hand import NAME, write_run

SCRIPT = """
import sys
from dnn_techniques.cli import main
status = main(sys.argv[1:])
slow = {"torch", "pytorch_lightning", "torchvision"} & set(sys.modules)
sys.exit(f"imported {slow}" if slow else status)
"""


@pytest.mark.parametrize(
    "words", [["list"], ["list", "bn"], ["compare", "bn"], ["compare", NAME, NAME], ["compare"]]
)
def test_no_torch(words: list[str], tmp_path: Path) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed)
    out = ["--out", str(tmp_path)] if words[0] == "compare" else []
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words, *out], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "before_activation" in done.stdout


def test_the_command_line_itself_imports_no_library_that_needs_memory() -> None:
    """A limit of memory is looked at before one is loaded; `list` needs none."""
    script = """
import sys
from dnn_techniques.cli import main
sys.exit(main(["list"]) or bool({"numpy", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
