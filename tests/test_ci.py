"""Continuous integration opens the HTML page in a browser, or says that it could not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages import ROOT

MISSING = "NOT RUN: make browser-check"
STEPS = ["clean", "lint", "types", "test", "test-slow", "docs", ".venv/browser"]
LAST = ["test-without-engine", "parity-quick"]


class CI:
    """The script in a folder where `make` and Python only note that they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
        self.write("bin/make", f'echo "$1" >> {folder}/steps')
        for name in ("bash", "dirname", "timeout"):
            (folder / "bin" / name).symlink_to(shutil.which(name) or name)

    def write(self, name: str, script: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def run(self, **environment: str) -> tuple[list[str], str]:
        """The steps, and what is said."""
        others = {k: v for k, v in os.environ.items() if k != "DNN_TECHNIQUES_BROWSER"}
        known = others | {"PATH": str(self.folder / "bin")} | environment
        script = self.folder / ".ci" / "run"
        done = subprocess.run([script], env=known, capture_output=True, text=True, check=True)
        return (self.folder / "steps").read_text().split(), done.stderr


@pytest.fixture
def ci(tmp_path: Path) -> CI:
    return CI(tmp_path)


def test_without_a_browser_one_line_says_so(ci: CI) -> None:
    ci.write(".venv/bin/python", "exit 1")  # nothing can be installed
    steps, said = ci.run()
    assert steps == [*STEPS, *LAST]
    assert said.startswith(MISSING)
    assert said.count("\n") == 1


@pytest.mark.parametrize("how", ["given", "in PATH", "installed"])
def test_with_a_browser_the_page_is_opened(ci: CI, how: str) -> None:
    ci.write(".venv/bin/python", 'test "$*" = "-m playwright install chromium"')
    if how == "in PATH":
        ci.write("bin/chromium", "exit 0")
        ci.write(".venv/bin/python", "exit 1")
    environment = {"DNN_TECHNIQUES_BROWSER": "/some/browser"} if how == "given" else {}
    steps, said = ci.run(**environment)
    assert steps == [*STEPS, "browser-check", *LAST]
    assert MISSING not in said
