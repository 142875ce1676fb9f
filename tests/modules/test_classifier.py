from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier

Archive = Callable[..., Path]


def trainer(**options: Any) -> pl.Trainer:
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


class Frozen(Classifier):
    """Never moves, so that the figures of an epoch are those of its weights."""

    def __init__(self) -> None:
        super().__init__(MLP(784, (), 10))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


def test_logged_figures_are_means_over_all_samples(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = Frozen()
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    for (x, y), prefix in ((data.train, ""), (data.valid, "val_")):
        logits = module(x)
        loss, accuracy = F.cross_entropy(logits, y), (logits.argmax(1) == y).float().mean()
        assert fit.callback_metrics[f"{prefix}loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert fit.callback_metrics[f"{prefix}accuracy"] == pytest.approx(accuracy.item(), rel=1e-5)
    assert fit.callback_metrics["printed_loss"] != fit.callback_metrics["loss"]


def test_a_block_of_minibatches_is_what_lightning_would_do_one_by_one(archive: Archive) -> None:
    """The same weights, figures and number of steps as from plain batches."""
    root = archive().parent

    class OneByOne(ImageData):
        def train_dataloader(self) -> Any:
            pairs: Any = [p for block in super().train_dataloader() for p in block.minibatches()]
            return DataLoader(pairs, batch_size=None)

    modules, figures, steps = [], [], []
    for kind in (ImageData, OneByOne):
        pl.seed_everything(0, verbose=False)
        modules.append(BNBeforeActivation())
        fit = trainer(max_epochs=1)
        fit.fit(modules[-1], kind(root=root, validation=50))
        figures.append({k: v.item() for k, v in fit.callback_metrics.items()})
        steps.append(fit.global_step)
    assert steps == [8, 8]
    assert figures[0] == pytest.approx(figures[1], rel=1e-6)
    for a, b in zip(modules[0].parameters(), modules[1].parameters(), strict=True):
        assert torch.equal(a, b)


def test_test_figures_and_predictions(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = Frozen()
    (figures,) = trainer().test(module, data, verbose=False)
    x, y = data.test
    assert figures["test_loss"] == pytest.approx(F.cross_entropy(module(x), y).item(), rel=1e-5)
    predictions = trainer().predict(module, data)
    assert predictions is not None
    probabilities = torch.cat([p for p in predictions if isinstance(p, torch.Tensor)])
    assert torch.allclose(probabilities, module(x).softmax(dim=1), atol=1e-6)


def test_learns(archive: Archive) -> None:
    fit = trainer(max_epochs=5)
    fit.fit(
        BNBeforeActivation(lr=0.01), ImageData(root=archive().parent, validation=50, batch_size=8)
    )
    assert fit.callback_metrics["val_accuracy"] > 0.5


def test_the_loss_on_logits_is_keras_s(goldens: dict[str, Any]) -> None:
    golden = goldens["losses"]
    logits, labels = torch.tensor(golden["logits"]), torch.tensor(golden["labels"])
    expected = golden["sparse_cce_from_logits"]
    assert Frozen().loss(logits, labels).item() == pytest.approx(expected, rel=1e-6)
    twice = Frozen().loss(logits.softmax(dim=1), labels).item()
    assert twice != pytest.approx(expected, rel=0.1)
