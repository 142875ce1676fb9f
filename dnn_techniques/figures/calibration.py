"""Whether the net is as often right as it is sure, with dropout off and on average (chapter 11).

Reliability diagrams as in Guo et al., "On Calibration of Modern Neural Networks" (2017),
https://arxiv.org/abs/1706.04599.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.figures.mc_dropout import SAMPLES, predict
from dnn_techniques.modules import Reliability, reliability


def draw(out: Path) -> Figure:
    """Draw accuracy by confidence in both ways, and below how often each confidence occurs.

    Raises:
        InputError: If the run or its data are not there.
    """
    predictions = predict(out)
    trained = predictions.trained
    figure = Figure(figsize=(10, 6.8), layout="constrained")
    figure.suptitle(f"Calibration on the test images: dropout off and on\n{trained.name}")
    axes = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[3, 1])
    for name, probabilities, (upper, lower) in (
        ("dropout off", predictions.single, axes[:, 0]),
        (f"mean of {SAMPLES} passes", predictions.passes.mean, axes[:, 1]),
    ):
        bins = reliability(probabilities, trained.labels)
        accuracy = (probabilities.argmax(dim=1) == trained.labels).double().mean()
        draw_reliability(upper, bins)
        upper.set_title(
            f"{name}: accuracy {accuracy:.4f},\nexpected calibration error {bins.error:.4f}"
        )
        draw_shares(lower, bins)
    axes[0, 0].set_ylabel("Share classified rightly")
    axes[0, 0].legend(loc="upper left")
    axes[1, 0].set_ylabel("Share of images")
    return figure


def draw_reliability(axis: Axes, bins: Reliability) -> None:
    """Draw the accuracy of each bin that has samples, over its range of confidences."""
    left, width = _edges(bins)
    used = (bins.share > 0).numpy()
    accuracy = bins.accuracy.numpy()[used]
    label = "accuracy in each bin"
    axis.bar(left[used], accuracy, width, align="edge", edgecolor="white", label=label)
    label = "mean confidence in each bin"
    axis.plot(bins.confidence[used], accuracy, "o", color="black", clip_on=False, label=label)
    axis.plot([0, 1], [0, 1], "--", color="C1", label="perfectly calibrated")
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.grid(alpha=0.3)
    axis.set_axisbelow(True)


def draw_shares(axis: Axes, bins: Reliability) -> None:
    """Draw the share of the samples in each bin."""
    left, width = _edges(bins)
    axis.bar(left, bins.share.numpy(), width, align="edge", color="0.6", edgecolor="white")
    axis.set_xlabel("Confidence (largest probability)")
    axis.grid(alpha=0.3)
    axis.set_axisbelow(True)


def _edges(bins: Reliability) -> tuple[np.ndarray, float]:
    """The lower edge of each bin, and their width."""
    count = len(bins.share)
    return np.arange(count) / count, 1 / count
