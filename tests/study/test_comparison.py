"""Comparisons from run folders that are written by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure

from dnn_techniques.data import CATALOG
from dnn_techniques.errors import InputError
from dnn_techniques.study.compare import compare
from dnn_techniques.study.curves import draw_metric
from dnn_techniques.study.experiments import select
from dnn_techniques.study.run_folder import COLUMNS
from dnn_techniques.study.runs import read_runs
from dnn_techniques.study.table import comparison_table, remarks

NAME = "bn/before_activation"
DIGEST = CATALOG["fashion_mnist"].sha256
PNG = b"\x89PNG"


def write_run(out: Path, seed: int, name: str = NAME, **changed: Any) -> None:
    folder = out / name / f"seed-{seed}"
    folder.mkdir(parents=True)
    rows = [[epoch, 1, 0.5, 0.38 + seed / 1000, 0.87, 0.1, 2, 1.1, 0.4] for epoch in range(1, 11)]
    lines = [",".join(map(str, row)) for row in (COLUMNS, *rows)]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    (folder / "config.yaml").write_text(yaml.safe_dump({"lr": changed.pop("lr", 0.1)}))
    result = {
        "documented": name.replace("bn/", "bn-").replace("_", "-"),
        "seed": seed,
        "changes": [],
        "seconds_per_epoch": 2.0,
        "parameters": {"total": 3000, "trainable": 2000, "non_trainable": 1000},
        "data": {"name": "fashion_mnist", "stands_in_for": None, "sha256": DIGEST},
        "device": {"type": "cpu", "threads": 1},
        "versions": {"torch": "2"},
        "finished": "today",
    }
    (folder / "result.json").write_text(json.dumps(result | changed))


def test_a_row_for_each_edition(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    header, rule, first, second = comparison_table([read_runs(tmp_path, NAME)]).splitlines()
    assert len({len(header), len(rule), len(first), len(second)}) == 1
    cells = [cell.strip() for cell in first.split("|")[1:-1]]
    assert cells == [
        NAME,
        "1",
        "10",
        "0.3810",
        "0.8700",
        "0.3875 / 0.8660 (TF 2.4)",
        "-0.0065 / +0.0040",
        "2.0",
        "3,000 / 2,000 / 1,000",
    ]
    assert "0.3817 / 0.8676 (TF 2.0)" in second
    assert "-0.0007 / +0.0024" in second


def test_several_seeds_give_mean_and_deviation(tmp_path: Path) -> None:
    for seed in (10, 2, 3):
        write_run(tmp_path, seed)
    run_set = read_runs(tmp_path, NAME)
    assert [run.seed for run in run_set.runs] == [2, 3, 10]
    assert "| 0.3850 ± 0.0044 |" in comparison_table([run_set])


def test_no_documented_figure_for_other_data(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "digits", "stands_in_for": "fashion_mnist"})
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is None
    assert "0.3875" not in comparison_table([run_set])
    assert "no documented figure applies" in remarks([run_set])


def test_no_documented_figure_for_another_copy_of_the_data(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "fashion_mnist", "sha256": "of other images"})
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is None
    assert "not their copy of it (SHA-256 of other images)" in remarks([run_set])


def test_no_documented_figure_where_runs_ended_at_different_epochs(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed)
    metrics = tmp_path / NAME / "seed-2" / "metrics.csv"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:-1]))
    table = comparison_table([read_runs(tmp_path, NAME)])
    assert "| several |" in table
    assert "TF 2.4" not in table


def test_the_last_epoch_is_its_number_not_the_number_of_rows(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    metrics = tmp_path / NAME / "seed-1" / "metrics.csv"
    lines = metrics.read_text().splitlines(keepends=True)
    metrics.write_text("".join([lines[0], *lines[5:]]))
    assert read_runs(tmp_path, NAME).epoch == 10


def test_curves_show_ours_and_the_documented_ones(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is not None
    axis = Figure().subplots()
    draw_metric(axis, run_set, "loss")
    lines = {
        (str(line.get_color()), str(line.get_linestyle())): list(np.asarray(line.get_ydata()))
        for line in axis.get_lines()
    }
    ours, printed = run_set.runs[0].curves, run_set.documented.curves
    assert lines == {
        ("tab:blue", "-"): ours["loss"],
        ("tab:cyan", "-"): ours["printed_loss"],
        ("tab:orange", "-"): ours["val_loss"],
        ("tab:cyan", ":"): printed["TF 2.4"]["loss"],
        ("tab:orange", ":"): printed["TF 2.4"]["val_loss"],
        ("tab:blue", "-."): printed["TF 2.0"]["loss"],
        ("tab:orange", "-."): printed["TF 2.0"]["val_loss"],
    }


def test_a_single_epoch_can_be_seen(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "mnist"})
    metrics = tmp_path / NAME / "seed-1" / "metrics.csv"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:2]))
    axis = Figure().subplots()
    draw_metric(axis, read_runs(tmp_path, NAME), "loss")
    assert {line.get_marker() for line in axis.get_lines()} == {"."}
    assert axis.get_xlim() == (0.5, 1.5)


def test_changed_settings_are_said(tmp_path: Path) -> None:
    write_run(tmp_path, 1, changes=["model.init_args.lr 0.001 -> 0.1"])
    assert "model.init_args.lr 0.001 -> 0.1" in remarks([read_runs(tmp_path, NAME)])


@pytest.mark.parametrize("other", [{"lr": 0.2}, {"data": {"name": "mnist", "sha256": "d"}}])
def test_runs_that_differ_are_not_averaged(tmp_path: Path, other: dict[str, Any]) -> None:
    write_run(tmp_path, 1)
    write_run(tmp_path, 2, **other)
    with pytest.raises(InputError, match="seeds 1 and 2 were trained with different settings"):
        read_runs(tmp_path, NAME)


def test_an_unfinished_run_does_not_count(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    (tmp_path / NAME / "seed-1" / "result.json").unlink()
    with pytest.raises(InputError, match="no finished run of bn/before_activation"):
        read_runs(tmp_path, NAME)


def test_compare_writes_summary_and_picture(tmp_path: Path) -> None:
    for experiment in select("bn"):
        write_run(tmp_path, 1, experiment.name)
    printed = compare(select("bn"), tmp_path, "the command")
    summary = (tmp_path / "bn" / "summary.md").read_text()
    assert printed.strip() in summary
    assert (
        "Trained on fashion_mnist. Made by `the command` on type cpu, threads 1; torch 2; seeds 1"
        in summary
    )
    assert (tmp_path / "bn" / "curves.png").read_bytes().startswith(PNG)
