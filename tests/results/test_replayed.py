"""Comparisons of replayed runs with printed digits, from run folders that are written by hand."""

from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.documents.documented import documented
from dnn_techniques.errors import InputError
from dnn_techniques.report.replay import replays_text, write_replay_page
from dnn_techniques.results.replay_curves import draw_replays
from dnn_techniques.results.replay_table import distribution_table, figures_table, replay_table
from dnn_techniques.results.replayed import Replayed, ReplayedFigure, read_replayed
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import NAME, write_run

REPLAY = {"replay": True, "perturbation": 0.0}
MOVED = {"replay": True, "perturbation": 1e-7}
PRINTED = documented("bn-before-activation")


def rows(moved: float = 0.0, since: int = 1) -> list[list[float]]:
    """The printed figures, val_loss moved by something since an epoch."""
    table = []
    for epoch in range(1, 11):
        loss, accuracy, val_loss, val_accuracy = (
            PRINTED.at("TF 2.4", figure, epoch) or 0.0
            for figure in ("loss", "accuracy", "val_loss", "val_accuracy")
        )
        val_loss += moved if epoch >= since else 0
        table.append([epoch, 9, 9, val_loss, val_accuracy, 0.1, 2, loss, accuracy])
    return table


def replayed(out: Path) -> Replayed:
    run = read_replayed(out, NAME)
    assert run is not None
    return run


def test_differences_are_in_units_of_the_last_digit() -> None:
    # .39996 would be printed as .4000.
    assert ReplayedFigure("val_loss", 1, 0.4, 0.39996).difference == 0
    assert ReplayedFigure("val_loss", 1, 0.4, 0.39994).difference == -1
    assert ReplayedFigure("first image, mean of 100 [9]", None, 0.68, 0.7051).difference == 3
    assert ReplayedFigure("third image [1]", None, 1.0, 0.984).difference == -2
    # Where Keras prints all digits, four are compared.
    assert ReplayedFigure("test_loss", None, 0.47229740023612976, 0.4725).difference == 2


def test_a_replayed_run(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows(moved=2e-4, since=4))
    run = replayed(tmp_path)
    assert len(run.figures) == 40  # the progress bar's training figures stand in printed_loss
    assert run.verdict == "replayed"
    assert run.worst("val_loss") == 2
    assert run.worst("val_loss", last_epoch=3) == run.worst("loss") == 0
    assert "| 4     | 1.1000" not in figures_table(run)
    assert "(+2)" in figures_table(run)
    cells = [line.split() for line in distribution_table([run]).splitlines()]
    assert [c[1::2] for c in cells if c[1] == "val_loss"] == [
        ["val_loss", "10", "30%", "2", "2", "2", "2"]
    ]


def test_the_tolerance_is_in_printed_digits(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows(moved=15.4e-4, since=5))
    assert replayed(tmp_path).verdict == "replayed"
    write_run(
        tmp_path / "more", 42, folder="replay", config=REPLAY, rows=rows(moved=16e-4, since=5)
    )
    assert replayed(tmp_path / "more").verdict == "parts at epoch 5"


def test_a_run_that_parts_is_chaotic_only_if_a_perturbed_one_does_too(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows(moved=0.01, since=3))
    assert replayed(tmp_path).verdict == "parts at epoch 3"
    write_run(tmp_path, 42, folder="perturbed-42", config=MOVED, rows=rows(moved=0.01, since=3))
    assert replayed(tmp_path).verdict == "parts at epoch 3"
    write_run(tmp_path, 43, folder="perturbed-43", config=MOVED, rows=rows(moved=0.05, since=2))
    run = replayed(tmp_path)
    assert run.verdict == "parts at epoch 3; moved by 1e-7 it parts from itself at epoch 2"
    assert run.perturbed_by("val_loss") == pytest.approx(500)
    assert distribution_table([run]) == ""
    cells = replay_table([run]).splitlines()[-1].split("|")
    assert [cell.strip() for cell in cells[-4:-2]] == ["500", "0"]


def test_a_perturbed_run_that_stops_sooner_counts_as_long_as_it_trains(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", rows=rows(moved=0.05, since=2))
    write_run(tmp_path, 42, folder="perturbed-42", config=MOVED, rows=rows()[:2])
    run = replayed(tmp_path)
    assert run.perturbed_by("val_loss") == pytest.approx(500)
    assert len(run.beside(run.perturbed[0], "val_loss")) == 2
    assert draw_replays([run]).axes[0].get_visible()


def test_other_perturbations_are_left_out(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows())
    write_run(tmp_path, 42, folder="perturbed-42", config=MOVED, rows=rows())
    more = {**MOVED, "perturbation": 1e-3}
    write_run(tmp_path, 43, folder="perturbed-43", config=more, rows=rows()[:2])
    assert [run.seed for run in replayed(tmp_path).perturbed] == [42]


def test_a_replay_of_no_documented_run_has_no_figures(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows(), documented=None)
    assert replayed(tmp_path).figures == []


def test_seeded_runs_are_no_replays(tmp_path: Path) -> None:
    write_run(tmp_path, 42)
    assert read_replayed(tmp_path, NAME) is None
    with pytest.raises(InputError, match="run <group> --replay"):
        replays_text(select("bn"), tmp_path)


def test_other_data_and_other_settings_are_said(tmp_path: Path) -> None:
    changes = ["trainer.max_epochs 10 -> 2"]
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows()[:2], changes=changes)
    other = {"name": "digits", "sha256": "0"}
    write_run(tmp_path, 42, "bn/after_activation", folder="replay", config=REPLAY, data=other)
    text = replays_text(select("bn"), tmp_path)
    assert "bn/after_activation: not trained on the documents' data" in text
    assert "settings differ from the experiment file (trainer.max_epochs 10 -> 2)" in text
    assert "| bn/before_activation | 2 " in text
    with pytest.raises(InputError, match="no replayed run with a documented one's data"):
        write_replay_page(select("bn"), tmp_path, tmp_path / "page.md", "make it")
    assert not (tmp_path / "page.md").exists()


def test_the_page_has_every_figure_and_a_picture(tmp_path: Path) -> None:
    write_run(tmp_path, 42, folder="replay", config=REPLAY, rows=rows())
    write_run(tmp_path, 42, folder="perturbed-42", config=MOVED, rows=rows(1e-6))
    printed = write_replay_page(select("bn"), tmp_path, tmp_path / "docs" / "page.md", "make it")
    assert "| bn/before_activation | 10 " in printed
    page = (tmp_path / "docs" / "page.md").read_text()
    assert "Made by `make it`" in page
    assert "![differences of val_loss by epoch](page.png)" in page
    for figure in PRINTED.curves["TF 2.4"]["val_loss"]:
        assert f"{figure:.4f} (+0)" in page
    assert (tmp_path / "docs" / "page.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "docs" / "page.json").exists()


def test_a_page_of_what_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (NAME, "bn/after_activation"):
        write_run(tmp_path, 42, name, folder="replay", config=REPLAY, rows=rows())
    page = tmp_path / "page.md"
    words = ["--replay", "--out", str(tmp_path), "--page", str(page)]
    assert main(["report", "bn", *words]) == 0
    assert "| bn/after_activation " in page.read_text()
    assert main(["report", NAME, *words]) == 0
    assert "| bn/before_activation " in page.read_text()
    assert "bn/after_activation" not in page.read_text()
    assert main(["report", "nonsense", *words]) == 2
    assert "unknown group or experiment 'nonsense'" in capsys.readouterr().err
