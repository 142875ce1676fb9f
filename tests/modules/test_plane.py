from typing import Any

import pytest
import torch

from dnn_techniques.data import PlaneData
from dnn_techniques.layers import Perceptron
from dnn_techniques.modules import PlaygroundNet, ThresholdUnit
from tests.modules.trainer import trainer


def test_sgd_on_the_units_loss_is_the_perceptron_rule() -> None:
    """The same line after each flower as by `Perceptron.learn`, which is scikit-learn's."""
    data = PlaneData("iris")
    data.setup("fit")
    x, y = data.train
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    module: Any = ThresholdUnit().double()
    rule = Perceptron(2).double()
    optimizer = module.make_optimizer()
    for flower in order:
        one, label = x[flower : flower + 1].double(), y[flower : flower + 1]
        loss = module.figures((one, label))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rule.learn(one, label[:, None])
        assert torch.equal(module.net[0].weight.detach(), rule.weight)
        assert torch.equal(module.net[0].bias.detach(), rule.bias)
    assert rule.weight.abs().sum() > 0


def test_the_unit_fires_where_its_sum_is_zero() -> None:
    module = ThresholdUnit()  # which starts at 0
    labels = torch.tensor([0, 1])
    assert module.hits(module(torch.ones(2, 2)), labels).tolist() == [False, True]


def test_the_unit_finds_a_line_between_the_flowers() -> None:
    torch.manual_seed(0)
    trained = trainer(max_epochs=5)
    trained.fit(ThresholdUnit(), PlaneData("iris", batch_size=1))
    assert trained.callback_metrics["val_accuracy"] == 1
    assert trained.callback_metrics["val_loss"] == 0


def test_the_rule_trains_one_layer() -> None:
    with pytest.raises(ValueError, match="hidden must be empty"):
        ThresholdUnit(hidden=(3,))


@pytest.mark.parametrize(
    ("hidden", "parameters"), [((2,), 9), ((3,), 13), ((8,), 33), ((8,) * 4, 249)]
)
def test_size_of_the_playgrounds_nets(hidden: tuple[int, ...], parameters: int) -> None:
    assert sum(p.numel() for p in PlaygroundNet(hidden=hidden).parameters()) == parameters
