from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier
from tests.modules.trainer import trainer

Archive = Callable[..., Path]


def still() -> Classifier:
    """Never moves, so that the figures of an epoch are those of its weights."""
    return Classifier(MLP(784, (), 10), lr=0.0)


def test_logged_figures_are_means_over_all_samples(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = still()
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    for (x, y), prefix in ((data.train, ""), (data.valid, "val_")):
        logits = module(x)
        loss, accuracy = F.cross_entropy(logits, y), (logits.argmax(1) == y).float().mean()
        assert fit.callback_metrics[f"{prefix}loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert fit.callback_metrics[f"{prefix}accuracy"] == pytest.approx(accuracy.item(), rel=1e-5)


def test_test_figures_and_predictions(archive: Archive) -> None:
    data = ImageData(root=archive().parent, validation=50)
    module = still()
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
    assert still().loss(logits, labels).item() == pytest.approx(expected, rel=1e-6)
    twice = still().loss(logits.softmax(dim=1), labels).item()
    assert twice != pytest.approx(expected, rel=0.1)
