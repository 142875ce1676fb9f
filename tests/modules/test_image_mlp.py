from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dnn_techniques.data import ImageData, PlaneData
from dnn_techniques.modules import ImageMLP, PredictingMLP, WarmUpMLP, count_parameters
from dnn_techniques.optim.kernels import kernels
from tests.modules.trainer import Rates, trainer


def test_the_documented_numbers_of_parameters() -> None:
    assert count_parameters(ImageMLP()).total == 266_610
    assert [p.numel() for p in ImageMLP().parameters()] == [
        *(784 * 300, 300),
        *(300 * 100, 100),
        *(100 * 10, 10),
    ]
    assert count_parameters(ImageMLP(hidden=())).total == 7850


def hidden_rows(value: float | None) -> Tensor:
    """Weights of the second hidden layer after ten steps, where all began at `value`."""
    torch.manual_seed(0)
    module = ImageMLP(in_features=6, hidden=(5, 5), classes=3, lr=0.1)
    if value is not None:
        for parameter in module.parameters():
            torch.nn.init.constant_(parameter, value)
    optimizer = module.make_optimizer()
    x, y = torch.rand(30, 6), torch.randint(3, (30,))
    for _ in range(10):
        optimizer.zero_grad()
        module.figures((x, y))["loss"].backward()
        optimizer.step()
    return kernels(module.net, "hidden2")[0].detach()


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_units_that_begin_alike_stay_alike(value: float) -> None:
    """Backpropagation changes them in the same way: the book asks to break the symmetry."""
    rows = hidden_rows(value)
    assert torch.allclose(rows, rows[0].expand_as(rows), atol=1e-6)
    random = hidden_rows(None)
    assert (random - random[0])[1:].abs().amax(dim=1).min() > 0.1


def test_the_first_three_test_images_are_told(archive: Callable[..., Path]) -> None:
    data = ImageData("fashion_mnist", archive().parent, validation=50)
    module = PredictingMLP()
    trainer().test(module, data, verbose=False)
    expected = module(data.test[0][:3]).softmax(dim=1)
    assert list(module.measured) == ["first image", "second image", "third image"]
    assert torch.allclose(torch.tensor(list(module.measured.values())), expected, atol=1e-6)


@pytest.mark.parametrize("warm_up", [0, 2])
def test_the_rate_warms_up_step_by_step(warm_up: int) -> None:
    module = WarmUpMLP(in_features=2, hidden=(4,), classes=2, lr=0.4, warm_up=warm_up)
    rates = Rates()
    trainer(max_epochs=3, callbacks=[rates]).fit(module, PlaneData("circle", batch_size=50))
    steps = 5  # of an epoch
    first = [0.4 * (t + 1) / (warm_up * steps) for t in range(warm_up * steps)]
    assert rates.rates == pytest.approx(first + [0.4] * ((3 - warm_up) * steps))


def test_a_warm_up_is_no_negative_time() -> None:
    with pytest.raises(ValueError, match="warm_up must be at least 0, got -1"):
        WarmUpMLP(warm_up=-1)
