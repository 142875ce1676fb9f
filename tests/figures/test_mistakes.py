import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dnn_techniques.cli import main
from dnn_techniques.figures.mistakes import draw_confusion, mistakes, table
from dnn_techniques.figures.trained import Trained
from dnn_techniques.modules import Classifier

Capture = pytest.CaptureFixture[str]
RUN = Path("mc-dropout", "alpha_dropout", "seed-42")


def trained() -> Trained:
    """A net that takes each image's two pixels for the logits of its classes."""
    x = torch.tensor([[2.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.0, 9.0]])
    labels = torch.tensor([0, 0, 1, 1])
    return Trained("net", Classifier(nn.Identity()), x[:, None], x, labels, ("cat", "dog"))


def test_rows_are_the_classes_and_columns_what_they_are_taken_for() -> None:
    found = mistakes(trained())
    assert found.confusion.tolist() == [[1, 1], [1, 1]]
    assert found.predicted.tolist() == [0, 1, 0, 1]
    expected = nn.functional.cross_entropy(trained().x, trained().labels, reduction="none")
    torch.testing.assert_close(found.losses, expected)
    figure = draw_confusion(trained(), found)
    (image,) = figure.axes[0].get_images()
    assert np.asarray(image.get_array()).tolist() == [[1, 1], [1, 1]]
    assert "test accuracy 0.5000" in figure.axes[0].get_title()


def test_the_worst_image_comes_first() -> None:
    rows = list(csv.DictReader(table(trained(), mistakes(trained())).splitlines()))
    assert [row["image"] for row in rows] == ["2", "1", "0", "3"]
    assert (rows[0]["class"], rows[0]["taken for"]) == ("dog", "cat")


def test_the_command_draws_a_run_into_its_folder(mc_run: Path, capsys: Capture) -> None:
    assert main(["figures", str(mc_run / RUN)]) == 0
    assert "confusion.png, worst.png" in capsys.readouterr().out
    confusion = list(csv.DictReader((mc_run / RUN / "confusion.csv").read_text().splitlines()))
    assert sum(float(row["value"]) for row in confusion) == 100
    assert len((mc_run / RUN / "worst.csv").read_text().splitlines()) == 101
    assert main(["figures", str(mc_run / "mc-dropout")]) == 0
    assert (mc_run / "mc-dropout" / "seconds.png").exists()


def test_a_folder_without_runs_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert main(["figures", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
