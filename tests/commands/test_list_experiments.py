import json
import subprocess
import sys
from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.commands import list_experiments
from dnn_techniques.commands.list_experiments import found, printed_figures, took
from dnn_techniques.documents.documented import documented
from dnn_techniques.results.findings import Findings, read_findings

Capture = pytest.CaptureFixture[str]
FILE = "# A net\n#\n# Claim:  book: it learns\n# Run: r\ndocumented: bn-after-activation\n"


@pytest.mark.parametrize(
    ("id", "lines"),
    [
        (
            "bn-before-activation",
            [
                "documented, TF 2.4, epoch 10: val_loss 0.3875, val_accuracy 0.8660",
                "documented, TF 2.0, epoch 10: val_loss 0.3817, val_accuracy 0.8676",
            ],
        ),
        (  # only training figures by epoch, and figures of the finished net
            "mnist-pairs",
            [
                "documented, notes, epoch 71: train_accuracy 0.9780;"
                " finished net: test_accuracy 0.9762, train_accuracy 0.9781"
            ],
        ),
        (
            "mnist-0-4-dropout",
            ["documented, notes, finished net: test_accuracy 0.9940, train_accuracy 0.9970"],
        ),
        ("ch10-perceptron-iris", []),
    ],
)
def test_what_is_printed_is_shown_whatever_it_is(id: str, lines: list[str]) -> None:
    assert printed_figures(documented(id)) == lines


def test_figures_of_one_image_are_only_counted() -> None:
    line = printed_figures(documented("mc-dropout"))[0]
    assert "finished net: test_mc_accuracy 0.8661; first image: 12 figures" in line


def test_title_claim_figures_and_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"{FILE}sweep: {{lr: [1, 2]}}\n")
    figure = {"figure": "val_loss", "edition": "TF 2.4", "verdict": "inside"}
    claim = {"claim": "2 beats 1", "verdict": "undecided", "effects": [1, 2], "experiments": []}
    findings = Findings(
        {"mine-lr=1": [figure], "mine-lr=2": [figure | {"verdict": "OUTSIDE"}]},
        [claim, claim | {"claim": "1 beats 2", "experiments": ["mine-lr=2", "mine-lr=1"]}],
        {"mine-lr=1": 100.0, "mine-lr=2": 85.0},
    )
    monkeypatch.setattr(list_experiments, "read_findings", lambda: findings)
    assert main(["list", str(mine)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  mine: A net (2 runs, 3 min)",
        "    book: it learns",
        "    documented, TF 2.4, epoch 10: val_loss 0.3573, val_accuracy 0.8750",
        "    found: documented figures 1 of 2 inside, OUTSIDE: val_loss (TF 2.4)",
        "    found: 1 beats 2: undecided (n = 2)",
    ]


def test_without_findings_and_without_comment(tmp_path: Path, capsys: Capture) -> None:
    assert found(["bn/without"], read_findings(tmp_path)) == []
    mine = tmp_path / "mine.yaml"
    mine.write_text("model: {}\n")
    assert main(["list", str(mine)]) == 0
    assert capsys.readouterr().out == "mine  (make exp-mine)\n  mine\n"


@pytest.mark.parametrize("columns", [None, 80])
def test_no_line_is_too_long(
    columns: int | None, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    for words in (["list"], ["list", "optimizers"]):
        assert main(words) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= (columns or 100)


def test_all_are_listed_by_title_and_one_group_with_all_that_is_known(capsys: Capture) -> None:
    assert main(["list"]) == 0
    everything = capsys.readouterr().out
    assert "  bn/without: The net of the group without" in everything
    assert "found: " not in everything
    assert main(["list", "bn"]) == 0
    assert "found: documented figures 8 of 8 inside" in capsys.readouterr().out


def test_seconds_of_a_part_of_a_sweep_are_not_those_of_all() -> None:
    findings = Findings({}, [], {"a": 12.4, "b": 61.0})
    assert took(["a"], findings) == " (12 s)"
    assert took(["b"], findings) == " (1 min)"
    assert took(["a", "c"], findings) == ""


def test_findings_are_those_of_every_page(tmp_path: Path) -> None:
    for name in ("one", "two"):
        runs = {"documented": [], "seconds": [3.0, 1.0, 2.5]}
        page = {"experiments": {name: runs}, "claims": [{"claim": name}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(page))
    (tmp_path / "replay.json").write_text('{"one": {"verdict": "replayed"}}')
    findings = read_findings(tmp_path)
    assert findings.figures == {"one": [], "two": []}
    assert findings.seconds == {"one": 2.5, "two": 2.5}
    assert [c["claim"] for c in findings.claims] == ["one", "two"]


def test_list_imports_no_torch() -> None:
    code = "import sys; from dnn_techniques.cli import main; main(['list', 'bn'])"
    code += "; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
