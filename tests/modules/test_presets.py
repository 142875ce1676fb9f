from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import AlphaDropout
from dnn_techniques.modules import DefaultNet, SelfNormalizingNet
from tests.modules.trainer import Rates, trainer


def kernel_std(net: nn.Module) -> float:
    weight = net.get_submodule("hidden1").weight
    assert isinstance(weight, torch.Tensor)
    return weight.std().item()


@pytest.mark.parametrize("preset", [DefaultNet, SelfNormalizingNet])
def test_the_widths_are_the_chapters(preset: type[DefaultNet | SelfNormalizingNet]) -> None:
    layers = [m for m in preset().net.modules() if isinstance(m, nn.Linear)]
    assert [layer.out_features for layer in layers] == [300, 100, 10]


def test_a_deep_default_normalizes_each_hidden_layer() -> None:
    net = DefaultNet(hidden=[100] * 20, norm="before").net
    names = [name for name, _ in net.named_children()]
    layers = [f"{kind}{i}" for i in range(1, 21) for kind in ("hidden", "norm", "activation")]
    assert names == ["flatten", *layers, "output"]


def test_default_is_he_elu_without_normalization() -> None:
    net = DefaultNet().net
    assert kernel_std(net) == pytest.approx((2 / 784) ** 0.5, rel=0.01)
    assert isinstance(net.get_submodule("activation1"), nn.ELU)
    assert not any("norm" in name or "dropout" in name for name, _ in net.named_modules())


def test_self_normalizing_is_lecun_selu_with_alpha_dropout() -> None:
    net = SelfNormalizingNet(rate=0.2).net
    assert kernel_std(net) == pytest.approx((1 / 784) ** 0.5, rel=0.01)
    assert isinstance(net.get_submodule("activation2"), nn.SELU)
    assert not any("norm" in name for name, _ in net.named_modules())
    rates = [m.p for m in net.modules() if isinstance(m, AlphaDropout)]
    assert rates == [0.2] * 3


def test_the_default_penalizes_every_kernel() -> None:
    module = DefaultNet(l2=0.5)
    logits, labels = torch.zeros(1, 10), torch.tensor([0])
    squares = sum(m.weight.square().sum() for m in module.modules() if isinstance(m, nn.Linear))
    penalty = module.loss(logits, labels) - module.data_loss(logits, labels)
    torch.testing.assert_close(penalty, 0.5 * torch.as_tensor(squares))


@pytest.mark.parametrize("preset", [DefaultNet, SelfNormalizingNet])
def test_the_cycle_spans_the_training(
    preset: type[DefaultNet | SelfNormalizingNet],
) -> None:
    record = Rates()
    fit = trainer(max_epochs=2, callbacks=[record])
    data = TensorDataset(torch.rand(55, 6), torch.zeros(55, dtype=torch.long))
    fit.fit(preset(in_features=6, hidden=(8,), max_lr=0.1), DataLoader(data))
    rates = record.rates
    assert len(rates) == 2 * 55
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1, rel=0.03)
    assert rates.index(max(rates)) in range(47, 53)  # the middle of all but the last tenth
    assert rates[-1] < 0.001


@pytest.mark.parametrize("preset", [DefaultNet, SelfNormalizingNet])
def test_the_momentum_starts_high(preset: type[DefaultNet | SelfNormalizingNet]) -> None:
    def momentum(**options: Any) -> tuple[float, bool]:
        (group,) = preset(**options).make_optimizer().param_groups
        return group["momentum"], group["nesterov"]

    assert momentum() == (0.95, False)
    assert momentum(max_momentum=0.5, nesterov=True) == (0.5, True)
    with pytest.raises(TypeError, match="lr"):
        preset(lr=0.1)  # type: ignore[call-arg]  # it would have no effect
