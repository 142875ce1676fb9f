import pytest
import torch
from torch import nn

from dnn_techniques.layers import ELU, KerasBatchNorm1d
from dnn_techniques.modules import (
    BNAfterActivation,
    BNBeforeActivation,
    WithoutBN,
    count_parameters,
)
from tests.experiment_files import FILES

ENDS = ("after_activation", "before_activation", "without")
Normalized = BNAfterActivation | BNBeforeActivation


@pytest.mark.parametrize(
    ("module", "total", "trainable"),
    [(BNAfterActivation, 271_346, 268_978), (BNBeforeActivation, 270_946, 268_578)],
)
def test_parameters_are_the_documented_ones(
    module: type[Normalized], total: int, trainable: int
) -> None:
    count = count_parameters(module())
    assert (count.total, count.trainable, count.non_trainable) == (total, trainable, 2_368)


def test_the_books_net_has_elu_hes_initializer_and_the_parameters_that_it_prints() -> None:
    files = {file.name: file for file in FILES if file.name.startswith("bn-elu/")}
    for file in files.values():
        net = file.model.net
        assert [type(m) for n, m in net.named_children() if "activation" in n] == [ELU, ELU]
        for name, fan_in in (("hidden1", 784), ("hidden2", 300)):
            weight = net.get_submodule(name).weight
            assert isinstance(weight, torch.Tensor)
            assert weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.02)
    after, before, _ = (files[f"bn-elu/{where}"] for where in ENDS)
    count = count_parameters(after.model)
    assert (count.total, count.trainable, count.non_trainable) == (271_346, 268_978, 2_368)
    dense = [m for m in before.model.net.modules() if isinstance(m, nn.Linear)]
    assert [layer.bias is None for layer in dense] == [True, True, False]


def test_bad_names() -> None:
    with pytest.raises(ValueError, match="unknown initializer 'he': known are"):
        WithoutBN(initializer="he")
    with pytest.raises(ValueError, match="activation must be one of"):
        WithoutBN(activation="elo")


@pytest.mark.parametrize(
    ("module", "after"), [(BNAfterActivation, nn.ReLU), (BNBeforeActivation, nn.Linear)]
)
def test_every_hidden_norm_stands_where_the_name_says(
    module: type[Normalized], after: type[nn.Module]
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


@pytest.mark.parametrize("module", [BNAfterActivation, BNBeforeActivation])
def test_the_moving_averages_forget_as_keras_s_do_unless_told_otherwise(
    module: type[Normalized],
) -> None:
    def decays(net: nn.Module) -> list[float]:
        return [layer.decay for layer in net.modules() if isinstance(layer, KerasBatchNorm1d)]

    assert decays(module().net) == [0.99] * 3
    assert decays(module(decay=0.9).net) == [0.9] * 3
