import json
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.cli import main
from dnn_techniques.documents.documented import all_documented, documented
from dnn_techniques.report.documents import claims_table, runs_table, verdict
from dnn_techniques.results.claims import CLAIMS
from dnn_techniques.results.findings import Findings
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments


def judged(*verdicts: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [{"edition": e, "figure": f, "verdict": v} for e, f, v in verdicts]


def cells(table: str) -> list[list[str]]:
    return [[c.strip() for c in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        (("inside", "inside"), "2 of 2 inside"),
        (("inside", "OUTSIDE"), "1 of 2 inside, OUTSIDE: val_accuracy (TF 2.4)"),
        (("too few runs", "inside"), "1 of 2 inside, too few runs for 1"),
        ((None, None), "0 of 2 inside, no verdict on 2"),
        (("inside",), "1 of 2 inside, 1 not measured"),
    ],
)
def test_the_verdict_of_an_experiment(verdicts: tuple[str | None, ...], text: str) -> None:
    printed = documented("bn-after-activation")
    names = ("val_loss", "val_accuracy")
    figures = judged(*(("TF 2.4", n, v) for n, v in zip(names, verdicts, strict=False)))
    figures += judged(("TF 2.4", "loss", "OUTSIDE"))  # of the training: not asked for
    assert verdict(printed, "mine", Findings({"mine": figures}, [])) == text


def test_test_figures_count_and_those_of_one_image_do_not() -> None:
    printed = documented("mc-dropout")
    figures = judged(
        ("TF 2.4", "test_mc_accuracy", "inside"), ("TF 2.4", "first image, mean of 100 [5]", None)
    )
    assert verdict(printed, "mine", Findings({"mine": figures}, [])) == "1 of 1 inside"


def test_a_row_for_each_documented_run_and_experiment() -> None:
    ids = ("bn-after-activation", "transfer-b")
    experiments = [
        ExperimentFile(name, Path(f"{name}.yaml"), documented=id)
        for name, id in (("a", ids[0]), ("b", ids[0]), ("c", ids[1]))
    ]
    findings = Findings({"a": judged(("TF 2.4", "val_loss", "inside"))}, [])
    rows = cells(runs_table({id: documented(id) for id in ids}, experiments, findings))
    assert [[row[0], *row[2:]] for row in rows] == [
        [ids[0], "TF 2.4", "a", "1 of 2 inside, 1 not measured"],
        [ids[0], "TF 2.4", "b", "not run"],
        [ids[1], "TF 2.4, TF 2.0, book", "c", "not run"],
    ]


def test_every_claim_has_a_row() -> None:
    first, second = CLAIMS[:2]
    found = {
        "claim": second.statement,
        "effects": [0.5, 0.25],
        "mean": 0.375,
        "interval": [-0.5, 1.25],
        "verdict": "undecided",
    }
    rows = cells(claims_table(CLAIMS, [found]))
    assert len(rows) == len(CLAIMS)
    assert rows[0][:2] == [first.statement, first.whose]
    assert rows[0][-4:] == ["-", "-", "-", "not run"]
    assert rows[1][-4:] == ["2", "0.3750", "-0.5000 to 1.2500", "undecided"]


def test_the_page_is_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "documents.md"
    words = ["report", "documents", "--page", str(page)]
    assert main(words) == 2
    assert f"no results in {tmp_path}; write the other pages there" in capsys.readouterr().err
    figures = judged(("TF 2.4", "val_loss", "inside"), ("TF 2.4", "val_accuracy", "OUTSIDE"))
    found = {"experiments": {"bn/after_activation": {"documented": figures}}, "claims": []}
    (tmp_path / "fashion_mnist.json").write_text(json.dumps(found))
    assert main(words) == 0
    text = page.read_text()
    assert "| bn/after_activation " in text
    assert "| 1 of 2 inside, OUTSIDE: val_accuracy (TF 2.4) " in text
    for id in all_documented():
        assert f"\n| {id} " in text
    for experiment in all_experiments():
        assert not experiment.documented or f"| {experiment.name} " in text
    assert "TF 2.4: notebook, TensorFlow 2.4" in text
    said = " documented runs have an experiment, 1 are measured."
    assert f" of {len(all_documented())}{said}" in capsys.readouterr().out


def test_a_misspelt_page_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "document"]) == 2
    assert "did you mean documents?" in capsys.readouterr().err
