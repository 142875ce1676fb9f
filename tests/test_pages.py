"""What README and guides show works as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

from dnn_techniques import modules
from dnn_techniques.runs.experiments import all_experiments
from tests.pages import GUIDES, PAGES, README, ROOT, blocks, text


@pytest.mark.parametrize("code", blocks("python", README, *GUIDES))
def test_code_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "a page", "exec"), {"__name__": "__main__"})
    # A module that an experiment names prints nothing.
    assert capsys.readouterr().out or "ClassifierCard" in code


@pytest.mark.slow
def test_targets_exist() -> None:
    targets = set(re.findall(r"`?make ([a-z][a-z0-9-]*)", text()))
    targets -= {"alone", "installs", "its", "it", "the", "a"}
    assert {"test", "exp-bn", "bench"} <= targets
    for target in targets:
        made = subprocess.run(
            ["make", "-n", target], cwd=ROOT, check=True, capture_output=True, text=True
        )
        assert "Nothing to be done" not in made.stdout, target  # named .PHONY, without a rule


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    for link in links:
        assert link.startswith("https://") or (page.parent / link).exists(), link
    for name in re.findall(
        r"`((?:docs|experiments|tests)/[\w./-]+\.(?:md|py|yaml))`", page.read_text()
    ):
        assert (ROOT / name).exists(), name


def test_every_guide_is_read() -> None:
    assert {*GUIDES} == {*(ROOT / "docs" / "guide").glob("*.md")}
    for guide in GUIDES:
        assert f"docs/guide/{guide.name}" in README.read_text()


def test_names_are_there() -> None:
    """Every name in the table of pieces can be imported from the part that it stands beside."""
    rows = re.findall(r"^\| `(dnn_techniques\.\w+)` \| (.*) \|$", text(), re.MULTILINE)
    assert len(rows) > 5
    for part, row in rows:
        module = __import__(part, fromlist=["_"])
        for name in re.findall(r"`([A-Za-z]\w+)`", row):
            assert hasattr(module, name), f"{part}.{name}"


def test_the_table_of_techniques_names_modules_groups_and_files() -> None:
    table = README.read_text().partition("| technique |")[2].partition("\n\n")[0]
    rows = [row.split(" | ") for row in table.splitlines()[2:]]
    assert len(rows) > 10
    groups = {e.group for e in all_experiments()}
    for _, kinds, of_row, files in rows:
        assert all(hasattr(modules, name) for name in re.findall(r"`(\w+)`", kinds)), kinds
        assert set(re.findall(r"`([\w-]+)`", of_row)) <= groups, of_row
        for file in re.findall(r"[\w/]+\.py", files):
            assert (ROOT / "dnn_techniques" / file).exists(), file
    named = set(re.findall(r"`([\w-]+)`", " ".join(row[2] for row in rows)))
    of_exercises = {"chapter10-mnist", "perceptron", "playground", "playground-spiral"}
    assert groups - named <= of_exercises
