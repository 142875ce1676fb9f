"""The command, on small data."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from dnn_techniques.cli import main
from dnn_techniques.studies.transfer.pair_study import Plan, finished_plan
from dnn_techniques.studies.transfer.task_a import ALL_PAIRS
from tests.results.runs_by_hand import write_run

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command for two pairs of a small archive."""
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    monkeypatch.setattr("dnn_techniques.studies.transfer.task_a.EPOCHS", 1)
    command = ["transfer-study", "--validation", "50", "--out", str(tmp_path / "runs")]
    return [*command, "--pairs", "5-6", "0-1"]


def test_study_leaves_page_picture_and_figures(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    args = ["--seeds", "2", "--sizes", "30", "10", "--jobs", "1"]
    assert main([*small, *args]) == 0
    printed = capsys.readouterr().out
    assert "| images | recipe   | pairs | seeds | accuracy frozen |" in printed
    assert "10 images, the book's recipe: " in printed
    folder = tmp_path / "runs" / "transfer-study"
    page = (folder / "transfer_study.md").read_text()
    made_by = "python -m dnn_techniques transfer-study --validation 50 --pairs 5-6 0-1"
    assert f"`{made_by} --seeds 2 --sizes 10 30`" in page
    assert "for 2 of the 45 pairs" in page
    for whose in ("notebook", "book"):
        assert f"the {whose}'s recipe: sandal or shirt has a median ratio of" in page
        assert f"Every pair, 10 images, the {whose}'s recipe" in page
    assert "| the book's     | `transfer/b_on_a_book` | 0.01 " in page
    assert "| Sandal / Shirt " in page
    assert "seeds 42 to 43" in page
    assert torch.__version__ in page
    figures = json.loads((folder / "transfer_study.json").read_text())
    made = [(f["size"], f["recipe"]["whose"]) for f in figures]
    assert made == [(n, whose) for n in (10, 30) for whose in ("notebook", "book")]
    assert figures[1]["recipe"]["frozen_rate"] == 1e-2
    assert 0 <= figures[1]["median_frozen_accuracy"] <= 1
    assert [len(cases) for cases in figures[0]["cases"].values()] == [2, 2]
    with Image.open(folder / "transfer_study.png") as picture:
        assert picture.width > 500
    assert not list(folder.rglob("*.part"))


def test_study_goes_on_with_what_is_missing(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs" / "transfer-study"
    at_once = [*small, "--seeds", "2", "--sizes", "10", "30", "--jobs", "1"]
    at_once[at_once.index("--out") + 1] = str(tmp_path / "other")
    assert main(at_once) == 0

    assert main([*small, "--seeds", "1", "--sizes", "30", "--jobs", "1"]) == 0
    nets = {path: path.read_bytes() for path in folder.glob("*/task_a.pt")}
    assert len(nets) == 2
    (folder / "0-1" / "size-30.json").unlink()
    # Nothing that is there is made again.
    monkeypatch.setattr(
        "dnn_techniques.studies.transfer.pair_study.train_task_a",
        lambda *_, **__: pytest.fail("task A is trained again"),
    )
    assert main([*small, "--seeds", "2", "--sizes", "10", "30", "--jobs", "1"]) == 0
    for path, content in nets.items():
        assert path.read_bytes() == content
    gone_on, made_at_once = (
        json.loads((tmp_path / name / "transfer-study" / "transfer_study.json").read_text())
        for name in ("runs", "other")
    )
    assert gone_on == made_at_once

    monkeypatch.setattr(
        "dnn_techniques.studies.transfer.pair_study.run_case",
        lambda *_: pytest.fail("a case is made again"),
    )
    assert main([*small, "--seeds", "1", "--sizes", "30", "--jobs", "1"]) == 0


@pytest.mark.slow
def test_pairs_side_by_side(small: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    args = [*small, "--seeds", "1", "--sizes", "10"]
    assert main([*args, "--jobs", "2"]) == 0
    side_by_side = capfd.readouterr().out
    assert "1/2 5-6 10 images: " in side_by_side
    assert "2/2 0-1 10 images: " in side_by_side
    assert main([*args, "--jobs", "1"]) == 0
    table = side_by_side[side_by_side.index("- 10 images, ") :]
    assert capfd.readouterr().out.strip() == table.strip()


def test_other_data_and_damaged_files(small: list[str], tmp_path: Path, capsys: Capture) -> None:
    args = ["--seeds", "1", "--sizes", "10", "--jobs", "1"]
    assert main([*small, *args]) == 0
    changed = [*small, *args]
    changed[changed.index("--validation") + 1] = "60"
    assert main(changed) == 2
    assert "was made from other data or with another --validation" in capsys.readouterr().err
    cases = tmp_path / "runs" / "transfer-study" / "0-1" / "size-10.json"
    values = json.loads(cases.read_text())
    other = {name: value for name, value in values.items() if name != "recipes"}
    for older in (other, values | {"recipes": values["recipes"][:1]}):
        cases.write_text(json.dumps(older))
        assert main([*small, *args]) == 2
        error = capsys.readouterr().err
        assert f"{cases} was made by other recipes than this version's; delete it" in error
        assert error.count("\n") == 1
    cases.write_text(json.dumps(values))
    for name in ("task_a.pt", "size-10.json"):
        damaged = tmp_path / "runs" / "transfer-study" / "0-1" / name
        damaged.write_bytes(damaged.read_bytes()[:40])
        assert main([*small, *args]) == 2
        error = capsys.readouterr().err
        assert f"error: {damaged} is damaged" in error
        assert error.endswith("; delete it to have it made again\n")
        assert error.count("\n") == 1
        damaged.unlink()


def test_other_figures_and_weights_are_not_used(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    """A flipped bit, what is not finite, and another pair's file, which all read well."""
    args = [*small, "--seeds", "1", "--sizes", "10", "--jobs", "1"]
    assert main(args) == 0
    folder = tmp_path / "runs" / "transfer-study" / "0-1"
    other = folder.with_name("5-6")
    cases, net = folder / "size-10.json", folder / "task_a.pt"
    whole = {file: file.read_bytes() for file in (cases, net)}
    values = json.loads(cases.read_text())
    values["cases"][0][1] += 1
    flipped = bytearray(whole[net])
    flipped[len(flipped) // 2] ^= 1
    saved = torch.load(net, weights_only=True)
    diverged = io.BytesIO()
    next(iter(saved["net"].values())).view(-1)[0] = torch.nan
    torch.save(saved, diverged)
    for file, data, message in (
        (cases, json.dumps(values).encode(), "is damaged"),
        (cases, (other / cases.name).read_bytes(), "is of the classes 5 and 6"),
        (net, bytes(flipped), "the checksum of"),
        (net, diverged.getvalue(), "is not finite"),
        (net, (other / net.name).read_bytes(), "is of the classes 5 and 6"),
    ):
        file.write_bytes(data)
        capsys.readouterr()
        assert main(args) == 2
        error = capsys.readouterr().err
        assert message in error
        assert str(file) in error
        assert error.endswith("; delete it to have it made again\n")
        file.write_bytes(whole[file])
    assert main(args) == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--pairs", "6-5"], "'6-5' is no pair of classes; give the lower first, as in 5-6"),
        (["--pairs", "5-10"], "'5-10' is no pair of classes"),
        (["--seeds", "0"], "--seeds must be from 1 to 958, got 0"),
        (["--sizes", "0"], "--sizes must be at least 1, got 0"),
        (["--sizes", "2000"], "--sizes must be at most"),
        (["--jobs", "0"], "--jobs must be at least 1, got 0"),
        (["--validation", "300"], "validation must be below 300"),
        (["--sizes", "ten"], "invalid int value: 'ten'"),
    ],
)
def test_bad_input_is_one_line(
    small: list[str], tmp_path: Path, capsys: Capture, args: list[str], message: str
) -> None:
    assert main([*small, "--sizes", "10", *args]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_the_report_shows_the_pairs_with_every_size(small: list[str], tmp_path: Path) -> None:
    out = tmp_path / "runs"
    assert finished_plan(out) is None
    few = ["--seeds", "1", "--jobs", "1", "--sizes"]
    assert main([*small, *few, "10"]) == 0
    only_one = [x for x in small if x != "0-1"]
    assert main([*only_one, *few, "30"]) == 0
    plan = finished_plan(out)
    assert plan is not None
    assert (plan.pairs, plan.sizes, plan.validation) == ([(5, 6)], [10, 30], 50)

    write_run(out, 1, "transfer/model_a", documented="transfer-a")
    page = tmp_path / "reuse.md"
    assert main(["report", "reuse", "--out", str(out), "--page", str(page)]) == 0
    text = page.read_text()
    assert (
        "## Does transfer help?\n\n- 10 images, the notebook's recipe: too few pairs to say" in text
    )
    for linked in ("reuse/transfer_study.png", "reuse/transfer_study.md"):
        assert f"]({linked})" in text
        assert (tmp_path / linked).exists()


def test_a_pair_is_studied_by_one_process(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    plan = Plan(tmp_path / "runs", [(5, 6)], [10], [42], validation=50)
    few = ["--seeds", "1", "--sizes", "10", "--jobs", "1"]
    with plan.locked((5, 6)):
        assert main([*small, *few]) == 2
    assert "5-6: another process is at work on this pair; wait for it" in capsys.readouterr().err
    assert not plan.task_a((5, 6)).exists()
    assert main([*small, *few]) == 0


def test_run_before_the_study_makes_no_difference(small: list[str], capsys: Capture) -> None:
    assert main(["run", *small, "--sizes", "2000"]) == 2
    assert "--sizes must be at most" in capsys.readouterr().err


def test_there_are_45_pairs() -> None:
    assert len(ALL_PAIRS) == 45
    assert (5, 6) in ALL_PAIRS
