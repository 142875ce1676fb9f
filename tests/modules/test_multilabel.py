from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dnn_techniques.data import ImageData
from dnn_techniques.modules import DigitPropertiesNet, MultilabelClassifier
from tests.modules.trainer import trainer

Archive = Callable[..., Path]

LOGITS = torch.tensor([[2.0, -1.0], [-0.3, 0.2]])
TARGETS = torch.tensor([[1, 0], [1, 1]])


def test_the_loss_is_a_mean_over_labels_of_keras_s() -> None:
    module = MultilabelClassifier(nn.Linear(1, 2))
    p = LOGITS.sigmoid()
    by_hand = -torch.stack([p[0, 0], 1 - p[0, 1], p[1, 0], p[1, 1]]).log().mean()
    assert module.data_loss(LOGITS, TARGETS).item() == pytest.approx(by_hand.item(), rel=1e-6)
    softmax = F.cross_entropy(LOGITS, torch.tensor([0, 1]))
    assert module.data_loss(LOGITS, TARGETS).item() != pytest.approx(softmax.item(), rel=0.1)


def test_metrics() -> None:
    figures = MultilabelClassifier(nn.Linear(1, 2)).metrics(LOGITS, TARGETS)
    assert figures == {"accuracy": 0.75, "exact": 0.5}


def test_probabilities_need_not_add_up(archive: Archive) -> None:
    data = ImageData("mnist", archive("mnist").parent, validation=50)
    module = DigitPropertiesNet()
    predicted = trainer().predict(module, data)
    assert predicted is not None
    probabilities = torch.cat([p for p in predicted if isinstance(p, torch.Tensor)])
    assert torch.allclose(probabilities, module(data.test[0]).sigmoid(), atol=1e-6)
    assert probabilities.shape == (100, 2)


def test_digits_have_two_properties(archive: Archive) -> None:
    data = ImageData("mnist", archive("mnist").parent, validation=50, batch_size=8)
    fit = trainer(max_epochs=8)
    fit.fit(DigitPropertiesNet(), data)
    assert fit.callback_metrics["exact"] > 0.9
