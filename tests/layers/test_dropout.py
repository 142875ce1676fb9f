import copy
import math
from contextlib import nullcontext
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.data import DataLoader

from dnn_techniques.layers import SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.dropout import (
    AlphaDropout,
    Dropout,
    MCAlphaDropout,
    MCDropout,
    mc_dropout,
)

ALPHA_PRIME = -1.7580993408473766  # as in Keras's AlphaDropout


def normal(size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(0))


def net(dropout: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(5, 16), KerasBatchNorm1d(16), nn.SELU(), dropout, nn.Linear(16, 3)
    )


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("layer", [nn.Dropout, MCDropout])
def test_dropout_is_inverted_as_in_keras(layer: type[nn.Module], rate: float) -> None:
    torch.manual_seed(1)
    x = normal(20_000)
    y = layer(rate)(x)
    kept = y != 0
    assert torch.allclose(y[kept], x[kept] / (1 - rate), rtol=0, atol=5e-7)
    assert 1 - kept.double().mean().item() == pytest.approx(rate, abs=0.015)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("layer", [nn.AlphaDropout, MCAlphaDropout])
def test_alpha_dropout_has_the_affine_map_of_keras(layer: type[nn.Module], rate: float) -> None:
    torch.manual_seed(1)
    x = normal(20_000)
    y = layer(rate)(x)
    a = ((1 - rate) * (1 + rate * ALPHA_PRIME**2)) ** -0.5
    b = -a * ALPHA_PRIME * rate
    dropped = (y - (a * ALPHA_PRIME + b)).abs() < 1e-6
    assert torch.allclose(y[~dropped], a * x[~dropped] + b, rtol=0, atol=1e-6)
    assert dropped.double().mean().item() == pytest.approx(rate, abs=0.015)
    assert y.mean().item() == pytest.approx(0, abs=0.03)
    assert y.var().item() == pytest.approx(1, abs=0.03)


def test_plain_dropout_does_not_keep_the_variance() -> None:
    torch.manual_seed(1)
    assert MCDropout(0.5)(normal(20_000)).var().item() == pytest.approx(2, abs=0.1)


def test_alpha_prime_is_the_limit_of_selu() -> None:
    assert pytest.approx(-SELU_ALPHA * SELU_SCALE, abs=1e-14) == ALPHA_PRIME


@pytest.mark.parametrize("layer", [MCDropout(0.5), MCAlphaDropout(0.5)])
def test_mc_layers_drop_in_inference_while_batch_norm_stays(layer: nn.Module) -> None:
    torch.manual_seed(0)
    model = net(layer).eval()
    before = copy.deepcopy(model.state_dict())
    x = normal(40).reshape(8, 5)
    assert not torch.equal(model(x), model(x))
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    # and the layers that Keras and torch have by default do not drop there
    plain = net(nn.Dropout(0.5)).eval()
    assert torch.equal(plain(x), plain(x))


@pytest.mark.parametrize("layer", [Dropout, AlphaDropout, MCDropout, MCAlphaDropout])
@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, math.nan])
def test_rates_are_checked(layer: type[MCDropout], rate: float) -> None:
    with pytest.raises(ValueError, match=rf"rate must be in \[0, 1\), got {rate}"):
        layer(rate)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    rate=st.floats(0.2, 0.7),
    kind=st.sampled_from([nn.Dropout, nn.AlphaDropout, MCDropout, MCAlphaDropout]),
    modes=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_mc_dropout(seed: int, rate: float, kind: type[nn.Dropout], modes: list[bool]) -> None:
    torch.manual_seed(seed)
    model = net(kind(rate))
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    before = copy.deepcopy(model.state_dict())
    x = torch.randn(8, 5)
    with mc_dropout(model), torch.no_grad():
        assert [m.training for m in model] == [False, False, False, True, False]
        first, second = model(x), model(x)
        torch.manual_seed(seed)
        repeated = [model(x)]
        torch.manual_seed(seed)
        repeated.append(model(x))
    assert not torch.equal(first, second)
    assert torch.equal(*repeated)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert [m.training for m in model.modules()] == modes


def test_training_mode_would_move_batch_norm() -> None:
    model = net(nn.Dropout(0.5)).train()
    before = copy.deepcopy(model.state_dict())
    model(normal(40).reshape(8, 5))
    assert not torch.equal(before["1.running_mean"], model.state_dict()["1.running_mean"])


def _interrupted(model: nn.Module) -> None:
    with mc_dropout(model):
        raise RuntimeError("in the block")


def test_mc_dropout_restores_modes_after_an_exception() -> None:
    model = net(nn.Dropout(0.5))
    model[1].eval()
    with pytest.raises(RuntimeError, match="in the block"):
        _interrupted(model)
    assert [m.training for m in model] == [True, False, True, True, True]
    assert model.training


def test_mc_dropout_refuses_a_net_without_dropout() -> None:
    model = net(nn.Identity())
    with pytest.raises(ValueError, match="at least one dropout layer"), mc_dropout(model):
        pass
    assert model.training


@pytest.mark.filterwarnings("ignore")
def test_a_trainer_undoes_a_mode_set_before_but_not_one_set_inside() -> None:
    class Inside(pl.LightningModule):
        def __init__(self, own_mode: bool) -> None:
            super().__init__()
            self.net = nn.Sequential(Dropout(0.5))
            self.own_mode = own_mode

        def predict_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
            with mc_dropout(self.net) if self.own_mode else nullcontext():
                output: torch.Tensor = self.net(batch)
            return output

    def zeros(own_mode: bool) -> int:
        module = Inside(own_mode)
        trainer = pl.Trainer(
            accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False
        )
        with mc_dropout(module):
            predictions: Any = trainer.predict(module, DataLoader(torch.ones(1, 100)))  # type: ignore[arg-type]
        return int((predictions[0] == 0).sum())

    assert zeros(own_mode=False) == 0
    assert zeros(own_mode=True) > 20
