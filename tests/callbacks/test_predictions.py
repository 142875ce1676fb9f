from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.callbacks import PredictionsFile
from dnn_techniques.data import Batches
from dnn_techniques.errors import InputError
from dnn_techniques.modules import BinaryClassifier, Classifier, Experiment

X = torch.tensor([[0.0, 3.0], [2.0, 0.0], [0.0, 0.1]])


def predict(module: pl.LightningModule, path: Path) -> list[str]:
    trainer = pl.Trainer(
        accelerator="cpu",
        callbacks=[PredictionsFile(path)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.predict(module, Batches(X, torch.zeros(3), 2))
    return path.read_text().splitlines()


def test_a_row_has_number_class_and_probability(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "predictions.csv"
    rows = predict(Classifier(nn.Identity()), path)
    assert rows[0] == "image,label,probability"
    best = X.softmax(dim=1).max(dim=1)
    for number, row in enumerate(rows[1:]):
        image, label, probability = row.split(",")
        assert (int(image), int(label)) == (number, int(best.indices[number]))
        assert float(probability) == pytest.approx(best.values[number].item(), abs=1e-6)
    assert "predictions.csv: 3 predictions" in capsys.readouterr().out


def test_two_classes_with_one_output(tmp_path: Path) -> None:
    class Difference(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, 1:] - x[:, :1]

    rows = predict(BinaryClassifier(Difference()), tmp_path / "predictions.csv")
    assert [row.split(",")[1] for row in rows[1:]] == ["1", "0", "1"]


def test_what_is_no_probability_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    with pytest.raises(InputError, match="Experiment predicts no probabilities of classes"):
        predict(Experiment(nn.Identity()), path)
    assert not path.exists()
