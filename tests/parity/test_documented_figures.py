"""Every documented validation and test figure of every experiment.

Those of the committed results are looked at in a moment. `make parity` trains everything anew,
below runs/parity: it goes on where it stopped, and what is finished is kept. After a change of what
is trained take that folder away.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.cli import main
from dnn_techniques.documents.documented import documented
from dnn_techniques.report.chapter import PAGES
from dnn_techniques.results.comparison import comparisons
from dnn_techniques.results.replayed import read_replayed
from dnn_techniques.results.run_sets import read_runs
from dnn_techniques.runs.experiments import ExperimentFile
from tests.parity.documented_figures import (
    KNOWN_OUTSIDE,
    SEEDS,
    Score,
    disagreement,
    p_value,
    printed_figures,
    score,
    with_printed_figures,
)

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
RUNS = Path("runs") / "parity"

# What a replayed run attains at every epoch, in units of 1e-4. `results/replayed.py` allows
# val_loss a little more before it calls a run replayed, for other CPUs.
ATTAINED = {"val_loss": 10, "val_accuracy": 20, "test_loss": 5, "test_accuracy": 5}

EXPERIMENTS = with_printed_figures()
every_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)


def committed(*pages: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for page in pages:
        if (RESULTS / f"{page}.json").exists():
            found |= json.loads((RESULTS / f"{page}.json").read_text())["experiments"]
    return found


def replays() -> dict[str, Any]:
    every: dict[str, Any] = json.loads((RESULTS / "replay.json").read_text())
    return {name: found for name, found in every.items() if found["verdict"] == "replayed"}


def check(experiment: ExperimentFile, scores: Sequence[Score]) -> None:
    """All figures that are printed are there, and together they agree."""
    id = experiment.documented or ""
    missing = printed_figures(id) - {s.key[1:] for s in scores}
    stops_early = str(documented(id).setup.get("epochs")).startswith("up to")
    assert not missing or (stops_early and all(epoch for *_, epoch in missing)), missing
    said = disagreement(scores)
    assert not said, f"{experiment.name}: {said}"


@every_experiment
def test_committed_results(experiment: ExperimentFile) -> None:
    entry = committed(*PAGES).get(experiment.name, {})
    assert "scores" in entry, "the pages are older than the experiment; make report writes them"
    assert len(entry["seeds"]) >= SEEDS
    check(experiment, [score(experiment.name, figure) for figure in entry["scores"]])


@pytest.mark.parametrize("name", replays())
def test_committed_replays(name: str) -> None:
    figures = replays()[name]["figures"]
    assert {f["figure"] for f in figures} >= {"val_loss", "val_accuracy"}
    for f in figures:
        if f["figure"] in ATTAINED:
            difference = abs(round(f["ours"] / 1e-4) - round(f["printed"] / 1e-4))
            assert difference <= ATTAINED[f["figure"]], (f["figure"], f["epoch"])


@pytest.mark.parity
@every_experiment
def test_five_seeds(experiment: ExperimentFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    seeds = ["--seeds", str(SEEDS)]
    assert main(["run", experiment.name, *seeds, "--out", str(RUNS)]) == 0
    run_set = read_runs(RUNS, experiment.name)
    assert run_set.changes == []
    assert len(run_set.runs) == SEEDS
    wanted = printed_figures(experiment.documented or "")
    every = [Score(c.experiment, c.edition, c.figure, c.epoch, c.z) for c in comparisons(run_set)]
    check(experiment, [s for s in every if s.key[1:] in wanted])


@pytest.mark.parity
@pytest.mark.parametrize("name", replays())
def test_replays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["run", name, "--replay", "--out", str(RUNS)]) == 0
    replayed = read_replayed(RUNS, name)
    assert replayed is not None
    for figure, attained in ATTAINED.items():
        worst = replayed.worst(figure)
        assert worst is None or worst <= attained, figure


def test_known_figures_are_printed() -> None:
    by_name = {e.name: e for e in EXPERIMENTS}
    for name, *figure in KNOWN_OUTSIDE:
        assert tuple(figure) in printed_figures(by_name[name].documented or "")


def test_the_decision_sees_one_figure_far_off_and_many_a_little() -> None:
    """And not one of many that is a little outside."""
    assert p_value([0.5] * 39 + [2.8]) > 0.1
    assert p_value([0.5] * 39 + [4.5]) < 0.01
    assert p_value([3.2] * 40) < 0.01
    assert p_value([2.5] * 40) > 0.01
    assert p_value([3.1]) < 0.01 < p_value([2.7])
