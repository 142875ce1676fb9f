"""The examples of the site run, find what they say, and open as notebooks."""

import re
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from tests.pages import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)


@pytest.mark.slow
@every_example
def test_it_runs_and_draws(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an example says it asserts."""
    plt.switch_backend("Agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    try:
        runpy.run_path(str(example))
        axes = [axis for number in plt.get_fignums() for axis in plt.figure(number).axes]
        assert axes
        assert all(axis.has_data() or axis.texts for axis in axes)
    finally:
        plt.close("all")
    assert capsys.readouterr().out


@every_example
def test_it_is_a_notebook(example: Path) -> None:
    """jupytext reads its text as Markdown, sphinx-gallery as reStructuredText: it is both."""
    before, first, *others = re.split(r"(?m)^# %%", example.read_text())
    assert before == ""
    assert re.match(r' \[markdown\]\n"""\n([^\n]+)\n=+\n\nChapter 11, "', first)
    texts = [cell for cell in others if cell.startswith(" [markdown]\n")]
    codes = [cell.strip() for cell in others if cell not in texts]
    for text in texts:
        assert all(line.startswith("#") for line in text.splitlines()[1:] if line)
    for text in (first, *texts):
        assert "](" not in text
        assert not re.search("(?<!`)`(?!`)", text)
    assert not any(code.startswith("#") for code in codes)  # sphinx-gallery took it for text
    assert sum("**Question.**" in text for text in texts) == 1
    assert "assert " in codes[-1]


def test_no_section_is_missing() -> None:
    assert [example.stem[:2] for example in EXAMPLES] == [f"{n:02}" for n in range(1, 10)]
