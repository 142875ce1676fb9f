import pytest
import torch
from torch import nn

from dnn_techniques.modules import BNAfterActivation, BNBeforeActivation, count_parameters
from dnn_techniques.modules.batch_norm import BatchNormNet


@pytest.mark.parametrize(
    ("module", "total", "trainable"),
    [(BNAfterActivation, 271_346, 268_978), (BNBeforeActivation, 270_946, 268_578)],
)
def test_parameters_are_the_documented_ones(
    module: type[BatchNormNet], total: int, trainable: int
) -> None:
    count = count_parameters(module())
    assert (count.total, count.trainable, count.non_trainable) == (total, trainable, 2_368)


@pytest.mark.parametrize(
    ("module", "after"), [(BNAfterActivation, nn.ReLU), (BNBeforeActivation, nn.Linear)]
)
def test_every_hidden_norm_stands_where_the_name_says(
    module: type[BatchNormNet], after: type[nn.Module]
) -> None:
    layers = list(module().net.children())
    norms = [i for i, layer in enumerate(layers) if isinstance(layer, nn.BatchNorm1d)]
    assert len(norms) == 3
    assert isinstance(layers[norms[0] - 1], nn.Flatten)
    assert all(isinstance(layers[i - 1], after) for i in norms[1:])


def test_other_sizes() -> None:
    module = BNBeforeActivation(in_features=12, hidden=(5,), classes=3, lr=0.1)
    assert module(torch.zeros(2, 3, 4)).shape == (2, 3)
    assert module.make_optimizer().param_groups[0]["lr"] == 0.1
