from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier, WeightedClassifier
from dnn_techniques.modules.weighted_classifier import balanced
from dnn_techniques.optim import Penalty
from tests.modules.trainer import trainer

X = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 2, 1, 1])
W = torch.tensor([1.0, 0.0, 2.0, 1.0, 0.5, 1.0])
CLASSES = [1.0, 2.0, 5.0]


def module(**options: Any) -> WeightedClassifier:
    torch.manual_seed(0)
    return WeightedClassifier(MLP(4, (8,), 3), **options)


def losses(made: Classifier) -> Tensor:
    return F.cross_entropy(made(X), Y, reduction="none")


def test_class_weights_multiply_the_losses_in_training_as_in_keras() -> None:
    made = module(class_weights=CLASSES)
    weights = torch.tensor(CLASSES)[Y]
    found = made.figures((X, Y))["loss"]
    assert found.item() == pytest.approx((weights * losses(made)).sum().item() / 6, rel=1e-6)
    of_torch = F.cross_entropy(made(X), Y, torch.tensor(CLASSES))
    assert found.item() == pytest.approx(of_torch.item() * weights.sum().item() / 6, rel=1e-5)
    assert found.item() != pytest.approx(of_torch.item(), rel=0.1)
    made.eval()
    assert made.figures((X, Y))["loss"].item() == pytest.approx(losses(made).mean().item())


def test_sample_weights_multiply_them_too() -> None:
    made = module(class_weights=CLASSES, penalties=[Penalty(l2=0.01)])
    both_kinds = (torch.tensor(CLASSES)[Y] * W * losses(made)).mean() + Penalty(l2=0.01)(made.net)
    figures = made.figures((X, Y, W))
    assert figures["loss"].item() == pytest.approx(both_kinds.item(), rel=1e-6)
    assert figures["accuracy"] == (made(X).argmax(dim=1) == Y).float().mean()
    made.eval()
    alone = (W * losses(made)).mean() + Penalty(l2=0.01)(made.net)
    assert made.figures((X, Y, W))["loss"].item() == pytest.approx(alone.item(), rel=1e-6)


def test_without_weights_it_is_a_classifier() -> None:
    made = module()
    plain = Classifier(made.net)
    for name, value in plain.figures((X, Y)).items():  # the mean is added up in another order
        torch.testing.assert_close(made.figures((X, Y))[name], value)
    assert list(module(class_weights=CLASSES).state_dict()) == list(plain.state_dict())


def test_a_rare_class_is_found_when_it_counts_more() -> None:
    torch.manual_seed(0)
    labels = (torch.rand(2000) < 0.05).long()
    x = torch.randn(2000, 2) + 1.2 * labels[:, None]
    recalls = []
    for weights in (None, balanced(labels)):
        made = WeightedClassifier(nn.Linear(2, 2), lr=0.05, class_weights=weights)
        loader = DataLoader(TensorDataset(x, labels), 50)
        trainer(max_epochs=10).fit(made, loader)
        recalls.append((made(x).argmax(dim=1)[labels == 1] == 1).float().mean().item())
    assert recalls[0] < 0.5 < recalls[1]


def test_balanced_is_scikit_learn_s() -> None:
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=Y.numpy())
    assert balanced(Y) == pytest.approx(theirs.tolist())
    with pytest.raises(ValueError, match=r"every class needs samples.*got \[0, 2, 1\]"):
        balanced(torch.tensor([1, 1, 2]))
    with pytest.raises(ValueError, match=r"there must be two; got \[3\]"):
        balanced(torch.zeros(3, dtype=torch.long))


@pytest.mark.parametrize("weights", [[1.0, -1.0], [0.0, 0.0]])
def test_bad_weights(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="class_weights must not be negative, nor all 0"):
        module(class_weights=weights)
