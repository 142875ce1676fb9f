from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dnn_techniques.data import ImageData
from dnn_techniques.documents.documented import documented
from dnn_techniques.figures import range_test

Archive = Callable[..., Path]


def small(archive: Archive) -> ImageData:
    """50 minibatches."""
    root = archive().parent
    return ImageData(root=root, batch_size=5, validation=50, scaling="standardize")


def test_measures_an_epoch_from_the_notebooks_first_to_its_last_rate(archive: Archive) -> None:
    before = torch.get_rng_state()
    result = range_test.measure(small(archive))
    assert torch.equal(torch.get_rng_state(), before)
    assert result.diverged
    expected = 1e-5 * 1e6 ** (np.arange(len(result.rates)) / 50)
    assert result.rates == pytest.approx(expected, rel=1e-12)
    torch.manual_seed(7)
    assert range_test.measure(small(archive)).losses == result.losses


@pytest.mark.real_data
def test_the_replayed_epoch_has_the_printed_accuracy() -> None:
    """The notebook prints .3120, a mean of running means that ends with a loss of nan."""
    data = ImageData(name="fashion_mnist", batch_size=128, scaling="standardize")
    data.prepare_data()
    printed = documented("schedule-1cycle").setup["range_test"]["printed_accuracy"]
    assert printed == 0.312
    assert range_test.replayed(data)[0] == pytest.approx(printed, abs=0.001)
    (axis,) = range_test.draw_experiment("schedules/one_cycle").axes
    assert "epoch: accuracy 0.3120 printed, 0.31" in axis.get_title()
    assert "lowest loss" not in axis.get_title()


def test_draws_the_losses_the_suggested_and_the_used_rate(archive: Archive) -> None:
    data = small(archive)
    result = range_test.measure(data)
    (axis,) = range_test.build(data).axes
    lines = {line.get_label(): np.asarray(line.get_data()).tolist() for line in axis.get_lines()}
    assert lines["batch loss"] == [result.rates, result.losses]
    assert lines["running mean"] == [result.rates, result.running_means]
    assert lines["turning point"] == [[result.turning_point], [min(result.smoothed)]]
    suggested = result.suggest()
    assert lines[f"{suggested:.2g}: suggested"][0] == [suggested] * 2
    assert lines["0.05: highest rate of the experiment"][0] == [0.05] * 2
    legend = axis.get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 6
    assert axis.get_xscale() == "log"
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("Learning rate", "Loss (nats)")
    assert "on fashion_mnist" in axis.get_title()
    assert "printed" not in axis.get_title()  # it is not the notebook's data
    assert axis.get_ylim()[1] > max(result.running_means)


def test_digits_in_the_place_of_fashion_mnist_are_said(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small(archive)
    object.__setattr__(data.arrays, "stands_in_for", "fashion_mnist")
    (axis,) = range_test.build(data).axes
    assert "on digits, NOT on fashion_mnist" in axis.get_title()


def test_uses_the_data_of_the_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageData, "prepare_data", lambda data: None)
    monkeypatch.setattr(range_test, "build", lambda data, kind, printed: data)
    data = range_test.draw(Path())
    assert isinstance(data, ImageData)
    assert (data.name, data.batch_size, data.scaling) == (None, 128, "standardize")
