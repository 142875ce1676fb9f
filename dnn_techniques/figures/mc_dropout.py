"""What single passes with dropout on predict (chapter 11, "Monte Carlo (MC) Dropout").

Gal & Ghahramani 2016, https://arxiv.org/abs/1506.02142. The notebook prints such passes for the
first test image.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dnn_techniques.figures.trained import Trained, load_trained
from dnn_techniques.layers import MCPrediction, mc_predict

EXPERIMENT = "mc-dropout/alpha_dropout"
SAMPLES = 100
SEED = 42


@dataclass(frozen=True)
class Predictions:
    """What a trained net says of the test images.

    Attributes:
        trained: The net and the images.
        single: Probabilities with dropout off, float64, (n, classes).
        passes: What `SAMPLES` passes with dropout on say, with the probabilities of each.
    """

    trained: Trained
    single: Tensor
    passes: MCPrediction


@lru_cache(maxsize=1)
def predict(out: Path) -> Predictions:
    """Predict with the run of the experiment below `out`: 20 s, the next picture gets it at once.

    Raises:
        InputError: If the run or its data are not there.
    """
    trained = load_trained(out, EXPERIMENT)
    with torch.no_grad():
        single = trained.module.probabilities(trained.module(trained.x)).double()
    passes = mc_predict(trained.module.net, trained.x, SAMPLES, keep_samples=True, seed=SEED)
    return Predictions(trained, single, passes)


def choose(passes: MCPrediction, labels: Tensor) -> dict[str, int]:
    """Test images worth a look, by what distinguishes them; a kind without any is left out.

    Surest is the one whose mean prediction has the lowest entropy; the passes differ most where
    their mutual information is highest.
    """
    right = passes.mean.argmax(dim=1) == labels
    chosen = {"the first": 0}
    if right.any():
        chosen["the surest that is right"] = int(passes.entropy.where(right, torch.inf).argmin())
    chosen["the one on which the passes differ most"] = int(passes.mutual_information.argmax())
    if not right.all():
        chosen["the surest that is wrong"] = int(passes.entropy.where(~right, torch.inf).argmin())
    return chosen


def draw(out: Path) -> Figure:
    """Draw a row for each chosen image: the image, and for each class its probability in each pass.

    Raises:
        InputError: If the run or its data are not there.
    """
    predictions = predict(out)
    trained = predictions.trained
    chosen = choose(predictions.passes, trained.labels)
    figure = Figure(figsize=(11, 2.6 * len(chosen) + 0.9), layout="constrained")
    figure.suptitle(f"{SAMPLES} predictions with dropout on for single test images\n{trained.name}")
    axes = figure.subplots(len(chosen), 2, width_ratios=[1, 5])
    for (picture, strip), (kind, index) in zip(axes, chosen.items(), strict=True):
        picture.imshow(trained.images[index].numpy(), cmap="gray_r", vmin=0, vmax=255)
        picture.set(xticks=[], yticks=[], title=f"test image {index}")
        picture.set_xlabel(trained.class_names[trained.labels[index]])
        draw_passes(strip, predictions, index)
        strip.set_title(f"{kind}: {_said(predictions, index)}", fontsize="medium")
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_passes(axis: Axes, predictions: Predictions, index: int) -> None:
    """Draw the probabilities of an image by class, side by side in the order of the passes."""
    passes, names = predictions.passes, predictions.trained.class_names
    assert passes.samples is not None
    classes = np.arange(len(names))
    places = classes + np.linspace(-0.35, 0.35, SAMPLES)[:, None]
    label = int(predictions.trained.labels[index])
    axis.axvspan(label - 0.5, label + 0.5, color="0.9", label="true class")
    each = f"each of {SAMPLES} passes, dropout on"
    axis.plot(
        places.ravel(), passes.samples[:, index].ravel(), ".", color="C0", alpha=0.4, label=each
    )
    axis.plot(classes, passes.mean[index], "D", color="C1", label="mean of the passes")
    single = predictions.single[index]
    axis.plot(classes, single, "x", color="black", mew=2, ms=9, label="dropout off")
    axis.set_xticks(classes, names, fontsize="small")
    axis.set(xlim=(-0.5, len(names) - 0.5), ylim=(-0.04, 1.04), ylabel="Probability")
    axis.grid(axis="y", alpha=0.3)


def _said(predictions: Predictions, index: int) -> str:
    """The class predicted with dropout off and on average, each with its probability."""
    both = (predictions.single[index], predictions.passes.mean[index])
    said = (f"{predictions.trained.class_names[int(p.argmax())]} {p.max():.2f}" for p in both)
    return "dropout off {}, mean {}".format(*said)
