from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.layers.bounded import Bounded, make_output

Z = torch.tensor([-200.0, -1.0, 0.0, 3.0, 200.0])


def test_positive_outputs() -> None:
    assert make_output("linear")(Z).tolist() == Z.tolist()
    assert make_output("relu")(Z).tolist() == [0, 0, 0, 3, 200]
    expected = [0, torch.log1p(torch.e ** Z[1]).item(), torch.log(torch.tensor(2.0)).item()]
    assert make_output("softplus")(Z)[:3].tolist() == pytest.approx(expected, rel=1e-6)
    assert make_output("softplus")(Z)[4] == 200


@pytest.mark.parametrize("by", ["sigmoid", "tanh"])
def test_bounded_outputs(by: Any) -> None:
    y = make_output(by, -2.0, 6.0)(Z)
    assert y.min() >= -2
    assert y.max() <= 6
    assert y[2] == 2
    assert (y.diff() > 0).all()


def test_tanh_is_the_logistic_function_of_twice_the_number() -> None:
    one, other = Bounded(0.0, 5.0)(2 * Z), Bounded(0.0, 5.0, "tanh")(Z)
    assert torch.allclose(one, other, atol=1e-6)


def test_scaled_outputs_are_scaled_labels() -> None:
    """The squared error is the book's, on labels brought to 0..1, times the squared width."""
    labels = torch.tensor([1.0, 4.0, 3.0, 2.0, 0.5])
    ours = nn.functional.mse_loss(Bounded(0.0, 5.0)(Z), labels)
    book = nn.functional.mse_loss(Z.sigmoid(), labels / 5)
    assert ours.item() == pytest.approx(25 * book.item(), rel=1e-6)


def test_bad_outputs() -> None:
    with pytest.raises(ValueError, match="bounds must rise, got 1 and 1"):
        make_output("tanh", 1.0, 1.0)
    unknown: Any = "cube"
    with pytest.raises(ValueError, match=r"output must be linear, .* got 'cube'"):
        make_output(unknown)
    with pytest.raises(ValueError, match="by must be sigmoid or tanh, got 'cube'"):
        Bounded(0, 1, unknown)
