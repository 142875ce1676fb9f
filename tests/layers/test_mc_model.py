import copy

import pytest
import torch
from torch import nn

from dnn_techniques.layers import MLP, AlphaDropout, Dropout, KerasBatchNorm1d
from dnn_techniques.layers.dropout import MCAlphaDropout, MCDropout
from dnn_techniques.layers.mc_model import mc_model
from dnn_techniques.layers.mc_predict import mc_predict

KINDS = [(Dropout, MCDropout), (AlphaDropout, MCAlphaDropout), (nn.AlphaDropout, MCAlphaDropout)]


def net(kind: type[nn.Module], rate: float = 0.2) -> MLP:
    torch.manual_seed(0)
    return MLP(5, (16, 8), 3, "selu", dropout=lambda: kind(rate))


@pytest.mark.parametrize(("kind", "always"), KINDS)
def test_only_the_dropout_layers_change(kind: type[nn.Module], always: type[nn.Module]) -> None:
    model = net(kind)
    made = mc_model(model)
    assert list(dict(made.named_modules())) == list(dict(model.named_modules()))
    for (name, old), new in zip(model.named_children(), made.children(), strict=True):
        assert type(new) is (always if name.startswith("dropout") else type(old))
    assert [m.p for m in made.modules() if isinstance(m, always)] == [0.2] * 3
    assert [type(m) for m in model.modules() if isinstance(m, nn.Dropout)].count(MCDropout) == 0
    weights = made.state_dict()
    assert list(weights) == list(model.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("kind", "always"), KINDS)
def test_it_drops_in_inference_mode_and_its_mean_is_that_of_mc_predict(
    kind: type[nn.Module], always: type[nn.Module]
) -> None:
    model, x, samples = net(kind, 0.5).eval(), torch.randn(4, 5), 4000
    made = mc_model(model)
    assert not made.training
    with torch.no_grad():
        assert torch.equal(model(x), model(x))
        assert not torch.equal(made(x), made(x))
        torch.manual_seed(1)
        passes = torch.stack([made(x).softmax(dim=1) for _ in range(samples)]).double()
    other = mc_predict(model, x, samples, seed=2)
    # Two independent means: their difference has sqrt(2) times the error of one.
    error = other.std * (2 / samples) ** 0.5
    assert ((passes.mean(dim=0) - other.mean).abs() < 5 * error).all()
    torch.testing.assert_close(passes.std(dim=0, correction=0), other.std, rtol=0.1, atol=0.005)
    # The single prediction is another figure, by far.
    assert ((model(x).softmax(dim=1) - other.mean).abs() > 10 * error).any()


def test_the_copy_is_independent_and_batch_normalization_stays_in_inference() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), KerasBatchNorm1d(4), nn.Sequential(Dropout(0.5))).eval()
    before = copy.deepcopy(model.state_dict())
    made = mc_model(model)
    made(torch.randn(8, 5)).sum().backward()
    with torch.no_grad():
        made.get_parameter("0.weight").zero_()
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert torch.equal(made.state_dict()["1.running_mean"], before["1.running_mean"])
    assert all(p.grad is None for p in model.parameters())


def test_a_layer_that_is_there_twice_drops_twice() -> None:
    twice = Dropout(0.5)
    made = mc_model(nn.Sequential(twice, nn.Linear(3, 3), twice))
    assert [type(m) for m in made.children()] == [MCDropout, nn.Linear, MCDropout]


def test_a_layer_alone_and_layers_that_always_drop() -> None:
    assert type(mc_model(Dropout(0.5))) is MCDropout
    assert isinstance(mc_model(nn.Sequential(MCAlphaDropout(0.5)))[0], MCAlphaDropout)  # type: ignore[index]


def test_nets_that_cannot_be_converted_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one dropout layer, got none"):
        mc_model(nn.Sequential(nn.Linear(3, 2)))
    with pytest.raises(ValueError, match=r"Dropout2d has no Monte Carlo layer.*mc_predict takes"):
        mc_model(nn.Sequential(nn.Dropout2d(0.5)))
