from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.errors import InputError
from dnn_techniques.layers import ACTIVATIONS, MLP
from dnn_techniques.modules import ActivationNet, LeakyReLUNet
from tests.modules.trainer import trainer


def loader(n: int) -> DataLoader[tuple[torch.Tensor, ...]]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(n, 20, generator=generator)  # not below 0, as images
    return DataLoader(TensorDataset(x, x[:, :10].argmax(dim=1)), batch_size=8)


def trained(activation: str, lr: float, epochs: int = 2) -> ActivationNet:
    torch.manual_seed(0)
    module = ActivationNet(20, (30, 20), activation=activation, lr=lr)
    trainer(max_epochs=epochs).fit(module, loader(64), loader(40))
    return module


def test_a_large_rate_kills_relus_and_no_leaky_ones() -> None:
    start, *_, end = trained("relu", 2).measured["dead_units"]
    assert start < 0.2
    assert end > 0.5
    assert trained("relu", 0.01).measured["dead_units"][-1] < 0.2
    assert trained("leaky_relu", 2).measured["dead_units"] == [0, 0, 0]


def test_the_share_is_that_of_all_hidden_units_for_all_validation_images() -> None:
    module = trained("relu", 1, epochs=1)
    net = module.net
    assert isinstance(net, MLP)
    signal, dead = torch.cat([x for x, _ in loader(40)]), 0
    with torch.no_grad():
        for i in (1, 2):
            signal = net.get_submodule(f"hidden{i}")(signal).relu()
            dead += int((signal == 0).all(dim=0).sum())
    assert module.measured["dead_units"][-1] == pytest.approx(dead / 50)
    assert len(module.measured["dead_units"]) == 2


def test_measuring_leaves_random_numbers_alone() -> None:
    module = ActivationNet(20, (30, 20), activation="rrelu")
    fit = trainer(max_epochs=1)
    fit.fit(module, loader(8), loader(40))
    state = torch.get_rng_state()
    module.dead_share()
    assert torch.equal(torch.get_rng_state(), state)


def test_a_resumed_run_goes_on_counting(tmp_path: Path) -> None:
    module = ActivationNet(20, (30, 20))
    fit = trainer(max_epochs=1)
    fit.fit(module, loader(64), loader(40))
    fit.save_checkpoint(tmp_path / "last.ckpt")
    resumed = ActivationNet(20, (30, 20))
    ckpt = tmp_path / "last.ckpt"
    trainer(max_epochs=3).fit(resumed, loader(64), loader(40), ckpt_path=ckpt, weights_only=True)
    assert resumed.measured["dead_units"][:2] == module.measured["dead_units"]
    assert len(resumed.measured["dead_units"]) == 4


def test_the_nets_differ_in_the_activation_only() -> None:
    torch.manual_seed(0)
    leaky = LeakyReLUNet().state_dict()
    for activation in ("relu", "rrelu", "elu", "leaky_relu_0.01"):
        torch.manual_seed(0)
        net = ActivationNet(activation=activation)
        assert all(torch.equal(leaky[name], value) for name, value in net.state_dict().items())
        assert type(net.net.get_submodule("activation1")) is type(ACTIVATIONS[activation].make(1))


def test_bad_values() -> None:
    with pytest.raises(ValueError, match=r"activation must be one of .*, did you mean relu"):
        ActivationNet(activation="rely")
    with pytest.raises(InputError, match="do not limit their batches to 0"):
        trainer(max_epochs=1, limit_val_batches=0).fit(ActivationNet(20), loader(8), loader(8))
