"""What the README shows works as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", CODE)
def test_code_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out


def test_targets_exist() -> None:
    targets = set(re.findall(r"`?make ([a-z][a-z-]*)", README))
    assert {"test", "exp-bn"} <= targets
    for target in targets:
        made = subprocess.run(
            ["make", "-n", target], cwd=ROOT, check=True, capture_output=True, text=True
        )
        assert "Nothing to be done" not in made.stdout, target  # named .PHONY, without a rule


def test_files_exist() -> None:
    for name in re.findall(r"(?:docs|experiments|tests)/[\w./-]+\.(?:png|md|yaml)", README):
        assert (ROOT / name).exists(), name


def test_names_are_there() -> None:
    """Every name in the table of pieces can be imported from the part that it stands beside."""
    for part, row in re.findall(r"^\| `(dnn_techniques\.\w+)` \| (.*) \|$", README, re.MULTILINE):
        module = __import__(part, fromlist=["_"])
        for name in re.findall(r"`([A-Za-z]\w+)`", row):
            assert hasattr(module, name), f"{part}.{name}"
