import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.data.pairs import DrawnPairs
from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BinaryClassifier
from dnn_techniques.modules.binary_classifier import labels_in_memory
from tests.modules.trainer import trainer

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


def loaders(labels: list[int]) -> list[Any]:
    """Ways to feed zeros, (n, 4), with these labels."""
    x, y = torch.zeros(len(labels), 4), torch.tensor(labels)
    samples = TensorDataset(x, y)
    return [
        ShuffledBatches(x, y, 2, torch.randperm),
        DataLoader(samples, batch_size=2, shuffle=True),
        DataLoader(Subset(samples, range(len(labels))), batch_size=2),
    ]


@pytest.mark.parametrize("way", range(3))
@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, 1]])
def test_other_labels_are_refused_before_the_first_step(labels: list[int], way: int) -> None:
    """The cross-entropy of a label of 2 is a number like any other."""
    module = BinaryClassifier(MLP(4, (), 1))
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(InputError, match=r"tells the labels 0 and 1 apart, got \[") as error:
        trainer(max_epochs=1).fit(module, loaders(labels)[way])
    assert str(sorted(labels)) in str(error.value)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_labels_that_are_left_out_do_not_count() -> None:
    kept = Subset(loaders([0, 1, 2])[1].dataset, [0, 1])
    trainer(max_epochs=1).fit(BinaryClassifier(MLP(4, (), 1)), DataLoader(kept))


def test_samples_that_are_not_in_memory_are_taken_as_they_are() -> None:
    """To look through them would read the whole data set twice."""
    assert labels_in_memory(DataLoader([(torch.zeros(4), 2)])) is None  # type: ignore[arg-type]


def test_pairs_have_two_labels_of_images_of_ten_classes() -> None:
    x, classes = torch.zeros(40, 2, 2), torch.arange(40) % 10
    pairs = DrawnPairs(x, classes, 2, torch.Generator().manual_seed(0))
    trainer(max_epochs=1).fit(BinaryClassifier(nn.Sequential(nn.Flatten(), nn.Linear(8, 1))), pairs)


def test_a_step_does_not_wait_for_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `bool` of a tensor does on a GPU."""
    waits: list[str] = []
    for name in ("__bool__", "item", "tolist"):
        monkeypatch.setattr(torch.Tensor, name, lambda self, name=name: waits.append(name))
    MODULE.figures((torch.zeros(3, 4), torch.tensor([0, 1, 0])))
    assert waits == []
