from typing import Any

import pytest
import torch
import torch.nn.functional as F

from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BinaryClassifier

MODULE = BinaryClassifier(MLP(4, (), 1))


def test_the_loss_on_logits_is_keras_s(goldens: dict[str, Any]) -> None:
    golden = goldens["losses"]["binary"]
    logits = torch.tensor(golden["logits"])[:, None]
    targets = torch.tensor(golden["targets"])
    assert MODULE.data_loss(logits, targets).item() == pytest.approx(
        golden["bce_from_logits"], rel=1e-6
    )
    through_sigmoid = F.binary_cross_entropy(logits[:, 0].sigmoid(), targets.float())
    assert through_sigmoid.item() != pytest.approx(golden["bce_from_logits"], rel=0.01)


def test_the_threshold_is_a_probability_above_one_half() -> None:
    logits = torch.tensor([[-0.3], [0.0], [0.2], [0.7]])  # as probabilities .2 and .7 would differ
    assert MODULE.hits(logits, torch.tensor([0, 0, 1, 1])).tolist() == [True] * 4
    assert MODULE.hits(logits, torch.tensor([1, 1, 0, 0])).tolist() == [False] * 4


def test_probabilities_of_both_classes() -> None:
    probabilities = MODULE.probabilities(torch.tensor([[0.0], [2.0], [-80.0]]))
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(3))
    assert probabilities[1, 1].item() == pytest.approx(1 / (1 + torch.e**-2), rel=1e-6)
    assert probabilities[2, 1] > 0


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, 1]])
def test_other_labels_are_refused(labels: list[int]) -> None:
    """The cross-entropy of a label of 2 is a number like any other."""
    batch = torch.zeros(3, 4), torch.tensor(labels)
    with pytest.raises(InputError, match=r"tells the labels 0 and 1 apart, got \["):
        MODULE.figures(batch)
