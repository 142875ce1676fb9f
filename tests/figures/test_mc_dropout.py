from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from dnn_techniques.figures.mc_dropout import choose, draw, predict
from dnn_techniques.layers import MCPrediction

NAME = "mc-dropout/alpha_dropout"
ENTROPY = torch.tensor([0.3, 0.2, 0.1, 0.6, 0.4])
PREDICTED = torch.tensor([0, 1, 0, 1, 1])


def passes(entropy: torch.Tensor, predicted: torch.Tensor) -> MCPrediction:
    mean = torch.nn.functional.one_hot(predicted, 2) * 0.2 + 0.4
    information = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.1])
    return MCPrediction(mean, torch.zeros_like(mean), entropy, information, None)


def test_images_are_chosen_by_rule() -> None:
    chosen = choose(passes(ENTROPY, PREDICTED), torch.tensor([0, 1, 1, 0, 1]))
    assert chosen == {
        "the first": 0,
        "the surest that is right": 1,
        "the one on which the passes differ most": 4,
        "the surest that is wrong": 2,
    }


def test_a_kind_without_images_is_left_out() -> None:
    all_right = choose(passes(ENTROPY, PREDICTED), PREDICTED)
    assert all_right["the surest that is right"] == 2
    assert "the surest that is wrong" not in all_right
    all_wrong = choose(passes(ENTROPY, PREDICTED), 1 - PREDICTED)
    assert all_wrong["the surest that is wrong"] == 2
    assert "the surest that is right" not in all_wrong


def test_rows_show_each_image_and_its_passes_every_time_the_same(mc_run: Path) -> None:
    figure = draw(mc_run)
    predictions = predict(mc_run)
    trained = predictions.trained
    assert predictions.passes.samples is not None
    assert predictions.passes.samples.shape == (100, 100, 10)
    assert predictions.single.sum(dim=1).tolist() == pytest.approx([1] * 100)
    chosen = choose(predictions.passes, trained.labels)
    assert len(figure.axes) == 2 * len(chosen)
    for picture, strip, (kind, index) in zip(
        figure.axes[::2], figure.axes[1::2], chosen.items(), strict=True
    ):
        (image,) = picture.get_images()
        pixels = image.get_array()
        assert pixels is not None
        assert np.array_equal(pixels, trained.images[index])
        label = int(trained.labels[index])
        assert picture.get_title() == f"test image {index}"
        assert picture.get_xlabel() == trained.class_names[label]
        dots, means, crosses = strip.get_lines()
        assert dots.get_ydata() == pytest.approx(predictions.passes.samples[:, index].ravel())
        classes = np.tile(np.arange(10), 100)
        assert np.array_equal(np.round(np.asarray(dots.get_xdata())), classes)
        assert means.get_ydata() == pytest.approx(predictions.passes.mean[index])
        assert crosses.get_ydata() == pytest.approx(predictions.single[index])
        assert [text.get_text() for text in strip.get_xticklabels()] == list(trained.class_names)
        (span,) = strip.patches
        extents = span.get_extents().transformed(strip.transData.inverted())
        assert (extents.x0, extents.x1) == pytest.approx((label - 0.5, label + 0.5))
        single = trained.class_names[int(predictions.single[index].argmax())]
        assert strip.get_title().startswith(f"{kind}: dropout off {single} ")
        assert strip.get_ylabel() == "Probability"
    check_texts(figure)
    predict.cache_clear()
    again = predict(mc_run)
    assert again is not predictions
    assert torch.equal(again.passes.mean, predictions.passes.mean)


def check_texts(figure: Figure) -> None:
    title = figure.get_suptitle()
    assert title.startswith("100 predictions with dropout on")
    assert title.endswith(f"{NAME}, seed 42, with changed settings")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "true class",
        "each of 100 passes, dropout on",
        "mean of the passes",
        "dropout off",
    ]
