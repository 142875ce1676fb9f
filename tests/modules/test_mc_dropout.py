from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F

from dnn_techniques.data import ImageData
from dnn_techniques.layers import mc_model, mc_predict
from dnn_techniques.modules import MCDropoutNet, MCELUDropoutNet, reliability
from dnn_techniques.modules.mc_dropout import MCTested
from tests.modules.trainer import trainer

Archive = Callable[..., Path]


Tested = tuple[MCTested, ImageData, dict[str, float]]


@pytest.fixture(params=[MCDropoutNet, MCELUDropoutNet])
def tested(request: pytest.FixtureRequest, archive: Archive) -> Tested:
    pl.seed_everything(0)
    module = request.param(hidden=(20, 10), samples=5)
    data = ImageData("fashion_mnist", archive().parent, validation=50, scaling="standardize")
    torch.manual_seed(1)
    (figures,) = trainer().test(module, data, verbose=False)
    return module, data, dict(figures)


def test_figures_are_those_of_the_mean_of_the_passes(tested: Tested) -> None:
    module, data, figures = tested
    x, labels = data.test
    torch.manual_seed(1)
    passes = mc_predict(module.net, x, samples=5)
    right = passes.mean.argmax(dim=1) == labels
    single = module.net.eval()(x).softmax(dim=1)
    expected = {
        "test_loss": F.cross_entropy(module.net(x), labels),
        "test_accuracy": (single.argmax(dim=1) == labels).float().mean(),
        "test_mc_loss": F.nll_loss(passes.mean.log(), labels),
        "test_mc_accuracy": right.float().mean(),
        "test_ece": reliability(single, labels).error,
        "test_mc_ece": reliability(passes.mean, labels).error,
        "test_entropy_right": passes.entropy[right].mean(),
        "test_entropy_wrong": passes.entropy[~right].mean(),
    }
    assert figures == pytest.approx({k: float(v) for k, v in expected.items()}, rel=1e-5)
    assert module.measured["first image, mean of 5"] == passes.mean[0].tolist()
    assert module.measured["first image, std of 5"] == passes.std[0].tolist()
    off = torch.tensor(module.measured["first image, dropout off"])
    torch.testing.assert_close(off, single[0], atol=1e-6, rtol=0)


def test_the_passes_differ(tested: Tested) -> None:
    assert max(tested[0].measured["first image, std of 5"]) > 0.001


def test_the_mc_model_s_mean_is_over_as_many_of_its_own_passes(tested: Tested) -> None:
    module, data, _ = tested
    layer = {MCDropoutNet: "MCAlphaDropout", MCELUDropoutNet: "MCDropout"}[type(module)]
    found = torch.tensor(module.measured[f"first image, {layer} model, mean of 5"])
    assert found.shape == (10,)
    assert found.sum().item() == pytest.approx(1)
    image = data.test[0][:1]
    torch.manual_seed(1)
    mc_predict(module.net, data.test[0], samples=5)  # draws as many numbers before
    model = mc_model(module.net).eval()
    with torch.no_grad():
        passes = [model(image).softmax(dim=1)[0].double() for _ in range(5)]
    torch.testing.assert_close(found, torch.stack(passes).mean(dim=0), check_dtype=False)


def test_no_passes_are_refused() -> None:
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        MCDropoutNet(samples=0)
