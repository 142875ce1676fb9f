import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dnn_techniques.cli import main
from dnn_techniques.studies.few_labels import (
    NOTHING,
    PAIRS,
    WAYS,
    Settings,
    choose_labelled,
    fine_tuned,
)
from dnn_techniques.studies.few_labels_page import accuracy_table, gain_table

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def root(archive: Archive) -> str:
    """Folder of a data set with 1,200 images beside the 5,000 that validate."""
    random = np.random.RandomState(0)
    y = np.arange(6200) % 10
    x = random.randint(0, 100, (len(y), 28, 28))
    x[np.arange(len(y)), y] += 100
    return str(archive(x_train=x.astype(np.uint8), y_train=y.astype(np.uint8)).parent)


def study(root: str, out: Path, *options: str) -> list[str]:
    small = ["--labels", "20", "100", "--epochs", "6", "--frozen", "2", "--pretraining", "1"]
    return ["pretraining-study", "--root", root, *small, "--out", str(out), *options]


def test_writes_table_figures_and_picture_the_same_again(
    root: str, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "runs"
    assert main(study(root, out, "--seeds", "2")) == 0
    said = capsys.readouterr().out
    folder = out / "pretraining-study"
    tables = (folder / "summary.md").read_text().partition("| labels")[2]
    assert tables in said
    assert (folder / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((folder / "results.json").read_text())
    assert results["seeds"] == [42, 43]
    assert list(results["test_accuracy"]) == list(WAYS)
    assert np.shape(list(results["test_accuracy"].values())) == (4, 2, 2)
    assert main(study(root, out, "--seeds", "2")) == 0
    assert json.loads((folder / "results.json").read_text()) == results


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "25"], "--labels must be multiples of 10"),
        (["--labels", "1210"], "up to 1200, got 1210"),
        (["--labels", "0"], "--labels must be multiples of 10"),
        (["--epochs", "2"], "--frozen must be below --epochs 2, got 2"),
        (["--frozen", "-1"], "--frozen must be at least 0, got -1"),
        (["--pretraining", "0"], "--pretraining must be at least 1, got 0"),
        (["--seeds", "-1"], "--seeds must be at least 1, got -1"),
        (["--name", "fashion"], "unknown data set 'fashion'"),
        (["--label", "20"], "no option --label"),
    ],
)
def test_bad_input_is_refused_in_a_line(
    root: str, tmp_path: Path, capsys: Capture, options: list[str], message: str
) -> None:
    assert main(study(root, tmp_path / "runs", *options)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_the_labelled_images_are_as_many_of_each_class_and_the_fewer_among_the_more() -> None:
    x, y = torch.arange(200.0)[:, None], torch.arange(200) % 10
    few, more = (choose_labelled((x, y), n, seed=1) for n in (20, 60))
    assert torch.bincount(few[1]).tolist() == [2] * 10
    assert torch.bincount(more[1]).tolist() == [6] * 10
    assert torch.equal(few[0][:, 0].long() % 10, few[1])
    assert set(few[0].flatten().tolist()) < set(more[0].flatten().tolist())
    other = choose_labelled((x, y), 20, seed=2)
    assert set(other[0].flatten().tolist()) != set(few[0].flatten().tolist())


def test_pretrained_layers_are_frozen_at_first_and_trained_later() -> None:
    """A first layer that gives nothing but can learn: while it is frozen nothing can be learned."""
    y = torch.arange(100) % 2
    x = torch.rand(100, 12) + y[:, None]
    shapes = {"1": (100, 12), "2": (100, 100), "3": (50, 100)}
    generator = torch.Generator().manual_seed(0)
    weights = {
        f"hidden{i}.weight": torch.randn(shape, generator=generator) / 10
        for i, shape in shapes.items()
    }
    weights["hidden1.weight"].zero_()
    weights |= {f"hidden{i}.bias": torch.zeros(shape[0]) for i, shape in shapes.items()}

    def trained(frozen: int) -> float:
        return fine_tuned(weights, (x, y), (x, y), Settings([0], [100], 1, 30, frozen), seed=0)

    assert trained(29) <= 0.6
    assert trained(1) > 0.95


def test_gains_are_differences_under_the_same_seed() -> None:
    found = {NOTHING: {20: [0.5, 0.6, 0.7]}, PAIRS: {20: [0.52, 0.62, 0.72]}}
    assert cells(accuracy_table(found)) == ["20", "0.6000 ± 0.1000", "0.6200 ± 0.1000"]
    assert cells(gain_table(found)) == ["20", "+2.0 (+2.0 to +2.0)"]
    assert cells(gain_table({NOTHING: {20: [0.5]}, PAIRS: {20: [0.45]}})) == ["20", "-5.0"]


def cells(table: str) -> list[str]:
    """Of the first row."""
    return [cell.strip() for cell in table.splitlines()[2].strip("|").split("|")]
