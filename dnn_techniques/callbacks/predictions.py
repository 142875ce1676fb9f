"""What `predict` leaves behind: a table of the predicted classes."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BasePredictionWriter

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_text
from dnn_techniques.terminal import say


class PredictionsFile(BasePredictionWriter):
    """Writes a row for each test image: its number, the predicted class and the probability.

    Args:
        path: The CSV file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(write_interval="epoch")
        self.path = path

    def write_on_epoch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        predictions: Sequence[Any],
        batch_indices: Sequence[Any],
    ) -> None:
        """Write the file.

        Raises:
            InputError: If the predictions are no probabilities of classes.
        """
        values = torch.cat(list(predictions)).float().cpu()
        ones = torch.ones(len(values))
        # The sum of probabilities in bfloat16 is so near to 1.
        if values.ndim != 2 or not torch.allclose(values.sum(dim=1), ones, atol=0.02):
            raise InputError(
                f"predict: {type(pl_module).__name__} predicts no probabilities of classes; its"
                " predict_step must return (n, classes)"
            )
        probability, label = values.max(dim=1)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["image", "label", "probability"])
        for image, row in enumerate(zip(label.tolist(), probability.tolist(), strict=True)):
            writer.writerow([image, row[0], f"{row[1]:.6f}"])
        write_text(self.path, text.getvalue())
        say(f"{self.path}: {len(label)} predictions")
