import math
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.report.html.words import verdicts
from dnn_techniques.results.closing import closing
from dnn_techniques.results.curves import together
from dnn_techniques.results.divergence import Divergence, divergence, divergences
from dnn_techniques.results.group_comparison import read_group
from dnn_techniques.results.run_sets import RunSet, read_runs
from dnn_techniques.runs.experiments import ExperimentFile
from dnn_techniques.runs.run_folder import CONFIG
from tests.results.runs_by_hand import write_run

NAME = "mine/gone"
COLUMNS = "epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds,diverged_at_step"


def write_diverged(out: Path, seed: int, step: int | None, epoch: int = 2, **more: Any) -> None:
    """A run of three epochs whose loss is no number from an epoch on; an older one has no step."""
    rows = [[e, *[math.nan if e >= epoch else 0.5] * 4, 0.1, 2] for e in (1, 2, 3)]
    more |= {
        "experiment": NAME,
        "documented": None,
        "final": {"epoch": 3, "val_loss": None},
        "test": {},
    }
    write_run(out, seed, NAME, rows=rows, **more)
    if step is not None:
        marked = [[*row, step if row[0] == epoch else ""] for row in rows]
        text = "\n".join([COLUMNS, *(",".join(map(str, row)) for row in marked)])
        (out / NAME / f"seed-{seed}" / "metrics.csv").write_text(f"{text}\n")


@pytest.fixture
def noted(tmp_path: Path) -> RunSet:
    write_diverged(tmp_path, 42, step=12, steps=30)
    write_diverged(tmp_path, 43, step=27, steps=30, epoch=3)
    write_diverged(tmp_path, 44, step=None, steps=30, epoch=9)
    return read_runs(tmp_path, NAME)


def test_the_step_is_what_the_run_noted(noted: RunSet) -> None:
    assert [divergence(run) for run in noted.runs] == [
        Divergence(1, 2, 12, 30),
        Divergence(2, 3, 27, 30),
        None,
    ]
    said = "2 of 3 runs diverged at steps 12 to 27 of 30"
    assert divergences(noted) == said
    assert divergences(RunSet(NAME, noted.runs[2:], None)) == ""
    (legend,) = together([noted]).legends
    assert legend.get_texts()[0].get_text() == f"gone\n{said}"


def test_a_run_that_noted_none_says_its_epoch(tmp_path: Path) -> None:
    write_diverged(tmp_path, 42, step=None)
    assert divergences(read_runs(tmp_path, NAME)) == "diverged in epoch 2"
    write_diverged(tmp_path, 43, step=12, steps=30)
    assert divergences(read_runs(tmp_path, NAME)) == "2 of 2 runs diverged in epoch 2"


def test_terminal_and_page_say_it(noted: RunSet, tmp_path: Path) -> None:
    experiment = ExperimentFile(NAME, tmp_path / NAME / "seed-42" / CONFIG, documented=None)
    comparison = read_group([experiment], tmp_path)
    assert f"{NAME}: {divergences(noted)}.\n" in comparison.text(short=True)
    assert "diverged_at_step" not in comparison.text()  # it is no figure
    (said,) = (said for said in verdicts(comparison) if said.word == "diverged")
    assert said.text == (
        "gone, 2 of 3 runs: seed 42 at step 12 of 30, in epoch 2; seed 43 at step 27 of 30, in"
        " epoch 3."
    )
    lines = closing(tmp_path / NAME / "seed-42", tmp_path).splitlines()
    assert "diverged    at step 12 of 30, in epoch 2: its loss is no number any more" in lines
