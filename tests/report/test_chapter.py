import json
import math
import re
from pathlib import Path

import matplotlib.figure
import pytest

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.figures import Figure
from tests.results.runs_by_hand import write_run

MNIST = {"name": "mnist", "sha256": "d"}


@pytest.fixture(autouse=True)
def only_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing all takes a minute; the others show runs that are not there."""

    def draw(figure: Figure, out: Path) -> matplotlib.figure.Figure:
        if figure.name != "activations":
            raise InputError("no such run")
        return matplotlib.figure.Figure()

    monkeypatch.setattr(Figure, "draw", draw)


def test_the_page_has_every_group_with_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "runs", tmp_path / "docs" / "fashion_mnist.md"
    for seed in (1, 2, 3):
        write_run(out, seed, "bn/before_activation")
        write_run(out, seed, "bn/without")
    write_run(out, 1, "clipping/without")
    assert main(["report", "--out", str(out), "--page", str(page)]) == 0
    text = page.read_text()
    assert f"Made by `python -m dnn_techniques report --out {out} --page {page}`" in text
    assert "2 of 8 documented figures of the finished nets lie inside" in text
    assert re.search(
        r"Over all epochs: \d+ of 80 inside, \d+ outside \(\d+\.\d%\), \d+ with too few runs"
        r" to tell;"
        r" of the validation figures \d+ of 40",
        text,
    )
    assert "| BN before the activation beats the plain net early |" in text
    assert text.index("## bn\n") < text.index("## clipping\n")
    assert "![learning curves of bn](fashion_mnist/bn-curves.png)" in text
    assert (page.parent / "fashion_mnist" / "bn-curves.png").exists()
    assert "fashion_mnist/activations.png" in text
    assert "fashion_mnist/calibration.png" not in text
    assert "calibration is left out: no such run" in capsys.readouterr().out
    outside = text[text.index("Outside:") : text.index("## Claims")]
    assert outside.count("OUTSIDE ") == 6


def test_the_figures_go_with_the_page(tmp_path: Path) -> None:
    write_run(tmp_path, 1, "bn/before_activation", test={"loss": 0.4})
    write_run(tmp_path, 2, "bn/before_activation", test={"loss": 0.5})
    write_run(tmp_path, 1, "clipping/without")
    metrics = tmp_path / "clipping" / "without" / "seed-1" / "metrics.csv"
    metrics.write_text(metrics.read_text().replace("0.381", "nan"))
    page = tmp_path / "page.md"
    assert main(["report", "--out", str(tmp_path), "--page", str(page)]) == 0

    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is no JSON")

    figures = json.loads(page.with_suffix(".json").read_text(), parse_constant=refuse)
    before = figures["experiments"]["bn/before_activation"]
    assert before["seeds"] == [1, 2]
    assert before["val_loss"] == [0.381, 0.382]
    assert before["finished"] == {"test_loss": [0.4, 0.5]}
    verdicts = {(d["edition"], d["figure"]): d["verdict"] for d in before["documented"]}
    assert len(verdicts) == 2 * 4
    assert verdicts["TF 2.4", "val_loss"] == "inside"
    assert verdicts["TF 2.4", "loss"] == "OUTSIDE"
    scores = {(d["edition"], d["figure"], d["epoch"]): d["z"] for d in before["scores"]}
    assert len(scores) == 2 * 2 * 10  # each edition's validation figures of each epoch
    assert abs(scores["TF 2.4", "val_loss", 10]) < 2.58 < abs(scores["TF 2.4", "val_loss", 1])
    assert figures["experiments"]["clipping/without"]["documented"] == []
    assert figures["experiments"]["clipping/without"]["val_loss"] == [None]
    assert math.isfinite(before["epochs"])


def test_no_page_without_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    assert main(["report", "--out", str(tmp_path), "--page", str(page)]) == 2
    assert "no finished run on fashion_mnist" in capsys.readouterr().err
    assert not page.exists()


def test_runs_on_other_data_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, 1, data={"name": "mnist", "sha256": "d"})
    assert main(["report", "--out", str(tmp_path), "--page", str(tmp_path / "page.md")]) == 2
    assert "no finished run on fashion_mnist" in capsys.readouterr().err


def test_reuse_has_a_page_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, page = tmp_path / "runs", tmp_path / "reuse.md"
    write_run(out, 1, "bn/without")
    write_run(out, 1, "transfer/model_a", documented="transfer-a")
    write_run(out, 1, "mnist/l1_deep", documented="mnist-l1-deep", data=MNIST)
    assert main(["report", "reuse", "--out", str(out), "--page", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("# Reusing layers")
    assert "## transfer\n" in text
    assert "## bn\n" not in text
    assert "## Pictures" not in text
    notes = tmp_path / "mnist.md"
    assert main(["report", "mnist", "--out", str(out), "--page", str(notes)]) == 0
    assert "## mnist\n" in notes.read_text()
    assert "so that their output layer has a ReLU as well" in notes.read_text()  # the remark
    other = tmp_path / "fashion_mnist.md"
    assert main(["report", "--out", str(out), "--page", str(other)]) == 0
    assert "## bn\n" in other.read_text()
    assert "## transfer\n" not in other.read_text()
    assert main(["report", "resue", "--out", str(out)]) == 2
    assert "did you mean reuse" in capsys.readouterr().err


def test_a_group_on_other_data_than_its_own_is_on_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, 1, "mnist/l1", documented=None)  # on Fashion MNIST
    assert main(["report", "mnist", "--out", str(tmp_path), "--page", str(tmp_path / "p.md")]) == 2
    assert "no finished run on mnist" in capsys.readouterr().err
