import pytest
import torch
from torch import nn

from dnn_techniques.layers import AlphaDropout, Dropout, MCDropout, mc_dropout
from dnn_techniques.replay import (
    ReplayedAlphaDropout,
    ReplayedDropout,
    TrainingMasks,
    numpy_seed,
    replay_dropout,
)


def test_dropout_drops_by_the_mask_and_scales_the_rest() -> None:
    x = torch.randn(8, 5)
    keep = TrainingMasks(42, 0)((8, 5), 0.2)
    y = ReplayedDropout(0.2, TrainingMasks(42, 0))(x)
    torch.testing.assert_close(y, torch.where(keep, x / 0.8, 0.0))


def test_alpha_dropout_is_keras_s_formula() -> None:
    x, rate, alpha = torch.randn(8, 5), 0.2, -1.7580993408473766
    keep = TrainingMasks(42, 9)((8, 5), rate).float()
    a = ((1 - rate) * (1 + rate * alpha**2)) ** -0.5
    expected = a * (x * keep + alpha * (1 - keep)) - a * alpha * rate
    y = ReplayedAlphaDropout(rate, TrainingMasks(42, 9))(x)
    torch.testing.assert_close(y, expected)
    normal = torch.randn(1000, 1000)
    y = ReplayedAlphaDropout(rate, TrainingMasks(1, 1))(normal)
    assert abs(y.mean()) < 0.01
    assert abs(y.std() - 1) < 0.01


def test_nothing_is_dropped_or_drawn_in_inference_or_at_rate_0() -> None:
    x = torch.randn(4, 4)
    for layer in (ReplayedDropout, ReplayedAlphaDropout):
        masks = TrainingMasks(42, 0)
        assert layer(0.5, masks).eval()(x).equal(x)
        assert layer(0.0, masks)(x).equal(x)
        assert masks.position == 0


def test_the_layers_of_a_net_get_the_seeds_that_keras_gives() -> None:
    net = nn.Sequential(Dropout(0.1), nn.Sequential(AlphaDropout(0.2), nn.Dropout(0.3)))
    net.append(AlphaDropout(0.4))
    keys = list(net.state_dict())
    plain, other, first, second = replay_dropout(net, 42)
    assert [plain.p, other.p, first.p, second.p] == [0.1, 0.3, 0.2, 0.4]
    seeds = [layer.masks.op_seed for layer in (plain, other, first, second)]  # type: ignore[union-attr]
    # Two of numpy's numbers go to building the net.
    assert seeds == [0, 1, numpy_seed(42, 2), numpy_seed(42, 3)]
    assert net[0] is plain
    assert list(net.state_dict()) == keys
    with mc_dropout(net):
        assert second.training


@pytest.mark.parametrize("layer", [MCDropout(0.1), nn.Dropout2d(0.1), nn.FeatureAlphaDropout(0.1)])
def test_other_kinds_are_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match=f"layer 0: {type(layer).__name__} cannot be replayed"):
        replay_dropout(nn.Sequential(layer))
