"""The comment that begins each experiment file: title, whose claim, source and command."""

import itertools
import re

import pytest

from dnn_techniques.runs.experiments import name_of
from tests.experiment_files import FILES, ExperimentFile

# 001, 000 and 004, 002 and 003 of the documents, and what none of them says.
WHOSE = {"book", "notebook", "notes", "ours"}
HEADER = re.compile(
    r"# (?P<title>\S.*)\n"
    r"#\n"
    r"# Claim:  (?P<whose>\w+): (?P<claim>\S.*\n(?:#         \S.*\n)?)"
    r"# Source: (?P<source>\S.*)\n"
    r"# Run:    python -m dnn_techniques run (?P<run>\S+)\n"
    r"(?:#\n(?:# \S.*\n)+)*"
)
# Words with which a title would state an outcome.
OUTCOMES = re.compile(
    r"\b(better|worse|best|beats?|faster|slower|clearly|no less|converges|overfits|improves|helps"
    r"|diverges|stops too|saturates|vanish|explode|never die|[\d.]+%)",
    re.IGNORECASE,
)


def header(file: ExperimentFile) -> str:
    lines = file.path.read_text().splitlines(keepends=True)
    return "".join(itertools.takewhile(lambda line: line.startswith("#"), lines))


every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@every_file
def test_header(file: ExperimentFile) -> None:
    found = HEADER.fullmatch(header(file))
    assert found, "title, empty line, Claim (two lines at most), Source, Run, remarks"
    assert found["whose"] in WHOSE
    assert found["run"] == file.name == name_of(file.path)
    assert not OUTCOMES.search(found["title"])


@every_file
def test_what_has_documented_figures_is_no_claim_of_ours(file: ExperimentFile) -> None:
    if file.documented:
        assert "# Claim:  ours:" not in header(file)
