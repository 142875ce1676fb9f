import pytest
import torch

from dnn_techniques.data import Scaling
from dnn_techniques.errors import InputError

TRAIN = torch.randint(0, 256, (500, 4, 4), generator=torch.Generator().manual_seed(0)).byte()


def test_unit() -> None:
    scaled = Scaling("unit", TRAIN)(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    assert scaled.tolist() == [[0, pytest.approx(0.2), 1]]


def test_none() -> None:
    assert torch.equal(Scaling("none", TRAIN)(TRAIN), TRAIN.float())


def test_standardize_takes_its_statistics_from_the_training_split() -> None:
    scaling = Scaling("standardize", TRAIN)
    scaled = scaling(TRAIN)
    assert scaled.mean(dim=0).abs().max() < 1e-5
    assert (scaled.std(dim=0, correction=0) - 1).abs().max() < 1e-5
    other = scaling(TRAIN[:1] // 2)
    expected = (TRAIN[:1] // 2 - TRAIN.float().mean(0)) / TRAIN.float().std(0, correction=0)
    assert torch.allclose(other, expected, atol=1e-5)


def test_a_constant_feature_becomes_zero() -> None:
    train = TRAIN.clone()
    train[:, 1, 2] = 77
    scaled = Scaling("standardize", train)(train)
    assert scaled.isfinite().all()
    assert scaled[:, 1, 2].abs().max() < 1e-4


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="unit, standardize, none, got 'half'"):
        Scaling("half", TRAIN)  # type: ignore[arg-type]
