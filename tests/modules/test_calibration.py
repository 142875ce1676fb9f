"""Expected values are counted by hand."""

import pytest
import torch
from torch import Tensor

from dnn_techniques.modules.calibration import reliability


def two_classes(*confidences: float) -> Tensor:
    """Probabilities that favour class 0 with these confidences."""
    first = torch.tensor(confidences, dtype=torch.float64)
    return torch.stack([first, 1 - first], dim=1)


def test_bins_by_hand() -> None:
    """Confidences .6 and .7 share the third of four bins, .9 and .95 the fourth."""
    probabilities = two_classes(0.6, 0.7, 0.9, 0.95, 0.9)
    bins = reliability(probabilities, torch.tensor([0, 1, 0, 0, 1]), bins=4)
    assert bins.confidence.tolist() == pytest.approx([0, 0, 1.3 / 2, 2.75 / 3], rel=1e-14)
    assert bins.accuracy.tolist() == pytest.approx([0, 0, 1 / 2, 2 / 3], rel=1e-14)
    assert bins.share.tolist() == pytest.approx([0, 0, 2 / 5, 3 / 5], rel=1e-14)
    assert bins.error == pytest.approx(2 / 5 * 0.15 + 3 / 5 * 0.25, rel=1e-12)


def test_confidence_is_that_of_the_predicted_class() -> None:
    probabilities = torch.tensor([[0.1, 0.2, 0.7], [0.25, 0.45, 0.3]], dtype=torch.float64)
    bins = reliability(probabilities, torch.tensor([2, 1]), bins=10)
    assert bins.confidence.nonzero().flatten().tolist() == [4, 6]
    assert bins.accuracy[[4, 6]].tolist() == [1, 1]
    assert bins.error == pytest.approx(0.5 * 0.55 + 0.5 * 0.3, rel=1e-12)


@pytest.mark.parametrize(("confidence", "bin"), [(0.5, 1), (0.5001, 2), (0.75, 2), (1.0, 3)])
def test_an_upper_edge_belongs_to_its_bin(confidence: float, bin: int) -> None:
    share = reliability(two_classes(confidence), torch.tensor([0]), bins=4).share
    assert share.tolist() == [float(k == bin) for k in range(4)]


def test_the_first_bin_holds_what_is_at_its_edges() -> None:
    four = torch.full((1, 4), 0.25)
    assert reliability(four, torch.tensor([0]), bins=4).share.tolist() == [1, 0, 0, 0]
    nothing = torch.zeros(1, 4)
    assert reliability(nothing, torch.tensor([0]), bins=4).share.tolist() == [1, 0, 0, 0]


def test_a_perfectly_calibrated_prediction_has_no_error() -> None:
    """Eight of ten with .8, and six of ten with .6."""
    probabilities = two_classes(*[0.8] * 10, *[0.6] * 10)
    labels = torch.tensor([0] * 8 + [1] * 2 + [0] * 6 + [1] * 4)
    bins = reliability(probabilities, labels)
    assert bins.error == pytest.approx(0, abs=1e-12)
    assert bins.share.count_nonzero() == 2


def test_labels_drawn_from_the_probabilities_are_calibrated_and_sharper_ones_are_not() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(50_000, 10, generator=generator)
    probabilities = logits.softmax(dim=1)
    labels = probabilities.multinomial(1, generator=generator)[:, 0]
    assert reliability(probabilities, labels).error < 0.01
    assert reliability((2 * logits).softmax(dim=1), labels).error > 0.1
    assert reliability((logits / 2).softmax(dim=1), labels).error > 0.1


def test_one_bin_compares_the_means() -> None:
    bins = reliability(two_classes(0.6, 0.9), torch.tensor([0, 1]), bins=1)
    assert bins.share.tolist() == [1]
    assert bins.error == pytest.approx(0.75 - 0.5, rel=1e-12)


def test_default_is_fifteen_bins_and_float32_is_taken() -> None:
    bins = reliability(torch.tensor([[0.9, 0.1]]), torch.tensor([0]))
    assert bins.share.shape == bins.accuracy.shape == bins.confidence.shape == (15,)
    assert bins.share[13] == 1  # (13 / 15, 14 / 15]
    assert bins.confidence[13] == pytest.approx(0.9, rel=1e-7)


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^bins must be at least 1, got 0$"):
        reliability(torch.ones(1, 2), torch.tensor([0]), bins=0)
    with pytest.raises(ValueError, match=r"^labels must not be empty$"):
        reliability(torch.ones(0, 2), torch.tensor([]))
