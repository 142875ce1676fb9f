"""The notes' nets for MNIST: what in them is neither torch's default nor what the text says."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import ELU, Dense, KerasBatchNorm1d, StopGradient, lecun_normal
from dnn_techniques.modules import (
    Classifier,
    MNISTBatchNormNet,
    MNISTClippedNet,
    MNISTDecayNet,
    MNISTDigitsNet,
    MNISTDropoutNet,
    MNISTL1Net,
    MNISTMaxNormNet,
    MNISTPairNet,
    MNISTPresetNet,
    MNISTReuseNet,
    MNISTRMSpropNet,
    MNISTTowerNet,
)
from dnn_techniques.optim import MaxNorm, TF1RMSprop
from dnn_techniques.optim.kernels import kernels
from dnn_techniques.reuse import copy_layers
from tests.modules.trainer import trainer


def kinds(module: Classifier, kind: type[Any]) -> list[Any]:
    return [layer for layer in module.net.modules() if isinstance(layer, kind)]


def step(module: Classifier, x: torch.Tensor, labels: torch.Tensor) -> None:
    """One step on a batch."""
    trainer(max_epochs=1).fit(module, DataLoader(TensorDataset(x, labels), batch_size=len(x)))


def test_batch_normalization_is_on_the_logits_too_and_forgets_fast() -> None:
    module = MNISTBatchNormNet(in_features=6, hidden=(5, 4))
    norms = kinds(module, KerasBatchNorm1d)
    assert [norm.num_features for norm in norms] == [5, 4, 10]
    logits = module(torch.randn(100, 6))
    assert torch.allclose(logits.mean(dim=0), torch.zeros(10), atol=1e-5)
    assert logits.var(dim=0, correction=0).max() <= 1  # eps makes it a little less
    last = norms[-1]
    # One step in, torch's default decay of 0.9 is that of the notes; Keras's would keep 0.99.
    assert last.running_var.mean() < 0.95
    assert not kinds(MNISTBatchNormNet(normalize=False), KerasBatchNorm1d)


def test_a_tie_for_the_highest_logit_is_a_hit() -> None:
    """Values of `tf.nn.in_top_k(logits, labels, 1)`; argmax would miss the first."""
    logits = torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 2.0]])
    labels = torch.tensor([2, 1, 0])
    assert MNISTL1Net().hits(logits, labels).tolist() == [True, True, False]
    assert Classifier.hits(MNISTL1Net(), logits, labels).tolist() == [False, True, False]


def test_the_deep_l1_net_has_a_relu_on_its_logits() -> None:
    x = torch.randn(50, 6)
    assert MNISTL1Net(in_features=6, hidden=(5, 4), relu_logits=True)(x).min() == 0
    module = MNISTL1Net(in_features=6, hidden=(5, 4))
    assert module(x).min() < 0
    weights = sum(kernel.abs().sum().item() for kernel in kernels(module.net))
    labels = torch.zeros(50, dtype=torch.long)
    logits = module(x)
    penalty = module.loss(logits, labels) - module.data_loss(logits, labels)
    assert penalty.item() == pytest.approx(0.001 * weights, rel=1e-3)


def test_dropout_off_is_the_plain_net() -> None:
    names = [name for name, _ in MNISTDropoutNet().net.named_children()]
    assert [name for name in names if "dropout" in name] == ["dropout0", "dropout1", "dropout2"]
    plain = [name for name in names if "dropout" not in name]
    assert [name for name, _ in MNISTDropoutNet(rate=0).net.named_children()] == plain


def test_max_norm_bounds_what_leaves_each_input() -> None:
    torch.manual_seed(0)
    module = MNISTMaxNormNet(in_features=6, hidden=(50, 40), max_norm=0.2)
    x, labels = torch.randn(20, 6), torch.randint(0, 10, (20,))
    step(module, x, labels)
    for layer in kinds(module, nn.Linear)[:2]:
        leaving = layer.weight.norm(dim=0)  # torch's kernels are (out, in)
        assert torch.allclose(leaving, torch.full_like(leaving, 0.2), atol=1e-5)
    assert module.constraints == [MaxNorm(0.2, 1, "hidden*")]
    assert not MNISTMaxNormNet(max_norm=None).constraints


def test_the_notes_he_initializer_has_scale_one() -> None:
    torch.manual_seed(0)
    module = MNISTDigitsNet(hidden=(300,) * 2, output_initializer="glorot_uniform")
    first, second, output = kinds(module, nn.Linear)
    for layer, fan_in in ((first, 784), (second, 300)):
        assert layer.weight.std().item() == pytest.approx(fan_in**-0.5, rel=0.01)
        assert layer.weight.abs().max() <= 2 * fan_in**-0.5 / 0.8796
    assert 0.13 < output.weight.abs().max() <= (6 / 305) ** 0.5


def test_the_digits_net_has_tensorflow_1s_slope_and_epsilon() -> None:
    module = MNISTDigitsNet(hidden=(4, 4), activation="leaky_relu", beta2=0.99)
    assert [layer.negative_slope for layer in kinds(module, nn.LeakyReLU)] == [0.01] * 2
    steeper = MNISTDigitsNet(hidden=(4,), activation="leaky_relu", slope=0.2)
    assert [layer.negative_slope for layer in kinds(steeper, nn.LeakyReLU)] == [0.2]
    (group,) = module.make_optimizer().param_groups
    assert (group["lr"], group["betas"], group["eps"]) == (1e-3, (0.9, 0.99), 1e-8)


def test_the_output_of_the_digits_net_gets_all_its_inputs() -> None:
    module = MNISTDigitsNet(in_features=6, hidden=(5, 4), norm_decay=0.95, rate=0.5)
    assert [name for name, _ in module.net.named_children()] == [
        "flatten",
        *("dropout0", "hidden1", "norm1", "activation1"),
        *("dropout1", "hidden2", "norm2", "activation2"),
        "output",
    ]
    assert [norm.decay for norm in kinds(module, KerasBatchNorm1d)] == [0.95] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [({"activation": "tanh"}, "elu or leaky_relu"), ({"output_initializer": "he"}, "he_normal")],
)
def test_unknown_names_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MNISTDigitsNet(**options)  # type: ignore[arg-type]


def test_the_gradient_stops_after_the_second_layer() -> None:
    module = MNISTReuseNet(in_features=6, hidden=(5, 4, 3), stop_after=2)
    names = [name for name, _ in module.net.named_children()]
    assert names[names.index("activation2") + 1] == "stop"
    assert isinstance(module.net.stop, StopGradient)
    before = {k: v.clone() for k, v in module.net.state_dict().items()}
    step(module, torch.randn(20, 6), torch.randint(0, 10, (20,)))
    moved = {k for k, v in module.net.state_dict().items() if not torch.equal(v, before[k])}
    assert moved == {f"{layer}.{part}" for layer in ("hidden3", "output") for part in _PARTS}
    with pytest.raises(ValueError, match="stop_after must be from 1 to 3, got 4"):
        MNISTReuseNet(hidden=(5, 4, 3), stop_after=4)


_PARTS = ("weight", "bias")


def test_each_tower_sees_its_own_image() -> None:
    net: Any = MNISTPairNet(in_features=4, hidden=(5, 5)).net
    x = torch.randn(3, 2, 2, 2)
    both = torch.cat([net.tower_a(x[:, 0]), net.tower_b(x[:, 1])], dim=1)
    assert net(x).shape == (3, 1)
    assert torch.equal(net(x), net.output(net.activation(net.merged(both))))
    assert not torch.equal(net.tower_a.hidden1.weight, net.tower_b.hidden1.weight)


def test_tower_a_can_be_reused() -> None:
    pair: Any = MNISTPairNet(4, (5, 5)).net
    single: Any = MNISTTowerNet(4, (5, 5)).net
    copy_layers(pair.state_dict(), single, ["tower_a"])
    x = torch.randn(3, 2, 2)
    assert torch.equal(single.tower_a(x), pair.tower_a(x))
    assert single(x).shape == (3, 10)


def test_the_clipped_net_normalizes_its_logits_and_clips_every_component() -> None:
    module = MNISTClippedNet(in_features=6, hidden=(5, 4), lr=1.0)
    assert [norm.num_features for norm in kinds(module, KerasBatchNorm1d)] == [10]
    before = module.net.get_parameter("hidden1.weight").detach().clone()
    module.data_loss = lambda outputs, targets: 1e6 * outputs.square().sum()  # type: ignore[method-assign]
    step(module, torch.randn(8, 6), torch.zeros(8, dtype=torch.long))
    moved = (module.net.get_parameter("hidden1.weight") - before).abs()
    assert moved.max().item() == pytest.approx(1.0, abs=1e-6)  # rate 1, threshold 1


def test_the_notes_rmsprop_is_that_of_tensorflow_1_with_epsilon_1() -> None:
    optimizer = MNISTRMSpropNet(in_features=6, hidden=(5, 4)).make_optimizer()
    assert type(optimizer) is TF1RMSprop
    (group,) = optimizer.param_groups
    named = {name: group[name] for name in ("lr", "rho", "momentum", "eps")}
    assert named == {"lr": 0.1, "rho": 0.9, "momentum": 0.9, "eps": 1.0}


def test_a_falling_rate_acts_on_all_of_tensorflow_1s_velocity() -> None:
    """Keras's velocity holds rates of the past: after the same steps it moves further."""
    module = MNISTDecayNet(in_features=6, hidden=(5, 4), s=2)
    optimizer = module.make_optimizer()
    schedule = module.make_schedule(optimizer)
    assert isinstance(schedule, torch.optim.lr_scheduler.LRScheduler)
    weight = module.net.get_parameter("output.bias")
    expected, velocity = weight.detach().clone(), torch.zeros_like(weight)
    for t in range(5):
        gradient = torch.randn(10, generator=torch.Generator().manual_seed(t))
        weight.grad = gradient
        optimizer.step()
        velocity = 0.9 * velocity + gradient
        expected -= 0.1 * 0.1 ** (t / 2) * velocity
        torch.testing.assert_close(weight.detach(), expected)
        schedule.step()


def test_the_preset_is_the_notes_table() -> None:
    module = MNISTPresetNet(in_features=6, hidden=(5, 4))
    assert [name for name, _ in module.net.named_children()] == [
        "flatten",
        *("dropout0", "hidden1", "norm1", "activation1"),
        *("dropout1", "hidden2", "norm2", "activation2"),
        *("dropout2", "output"),
    ]
    assert [type(layer) for layer in kinds(module, ELU)] == [ELU, ELU]
    assert [layer.initializer for layer in kinds(module, Dense)] == [lecun_normal] * 3
    assert module.make_optimizer().param_groups[0]["nesterov"]
