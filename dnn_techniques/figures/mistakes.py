"""Which classes a trained net takes for which, and the test images it is most wrong about."""

from dataclasses import dataclass

import matplotlib
import torch
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from torch import Tensor

from dnn_techniques.figures.trained import Trained

ROWS, COLUMNS = 4, 6
BATCH = 1000


@dataclass(frozen=True)
class Mistakes:
    """What a net says of the test images.

    Attributes:
        confusion: How many images of each class (row) it takes for each class (column).
        predicted: The class that it takes each image for, (n,).
        confidence: The probability that it gives that class, (n,).
        losses: Cross-entropy of each image, nats, (n,).
    """

    confusion: Tensor
    predicted: Tensor
    confidence: Tensor
    losses: Tensor


@torch.no_grad()
def mistakes(trained: Trained) -> Mistakes:
    """Let the net classify all test images."""
    logits = torch.cat([trained.module(x) for x in trained.x.split(BATCH)])
    probabilities = trained.module.probabilities(logits)
    confidence, predicted = probabilities.max(dim=1)
    classes = len(trained.class_names)
    pairs = trained.labels * classes + predicted
    return Mistakes(
        confusion=torch.bincount(pairs, minlength=classes**2).reshape(classes, classes),
        predicted=predicted,
        confidence=confidence,
        losses=-probabilities.gather(1, trained.labels[:, None]).log().squeeze(1),
    )


def draw_confusion(trained: Trained, found: Mistakes) -> Figure:
    """Draw the confusion matrix: colours for the mistakes alone, numbers for all."""
    names, counts = trained.class_names, found.confusion
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    wrong = counts.float().fill_diagonal_(0)
    colors = matplotlib.colormaps["Reds"].with_extremes(over="white")
    axes.imshow(counts.numpy(), cmap=colors, norm=PowerNorm(0.5, 0, max(1.0, float(wrong.max()))))
    for (row, column), count in zip(
        torch.cartesian_prod(*[torch.arange(len(names))] * 2).tolist(),
        counts.flatten().tolist(),
        strict=True,
    ):
        weight = "bold" if row == column else "normal"
        dark = wrong[row, column] > 0.4 * wrong.max()
        color = "white" if dark else "black"
        axes.text(
            column, row, f"{count}", ha="center", va="center", size=9, weight=weight, color=color
        )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    right = counts.diagonal().sum() / counts.sum()
    axes.set(xlabel="taken for", ylabel="is", title=f"{trained.name}\ntest accuracy {right:.4f}")
    return figure


def draw_worst(trained: Trained, found: Mistakes) -> Figure:
    """Draw the images of the highest losses, with what they are and what they are taken for."""
    worst = found.losses.argsort(descending=True)[: ROWS * COLUMNS].tolist()
    figure = Figure(figsize=(11, 8), layout="constrained")
    figure.suptitle(f"{trained.name}: the test images of the highest losses")
    for axes, k in zip(figure.subplots(ROWS, COLUMNS).flat, worst, strict=False):
        axes.imshow(trained.images[k].numpy(), cmap="gray_r")
        axes.set_axis_off()
        is_, taken = (trained.class_names[int(y[k])] for y in (trained.labels, found.predicted))
        sure = f"{found.confidence[k]:.0%}, loss {found.losses[k]:.1f}"
        axes.set_title(f"{k}: {is_}\ntaken for {taken}\n{sure}", size=8)
    return figure


def table(trained: Trained, found: Mistakes) -> str:
    """Every test image as CSV, the worst first: number, class, taken for, confidence, loss."""
    rows = ["image,class,taken for,confidence,loss"]
    for k in found.losses.argsort(descending=True).tolist():
        names = (trained.class_names[int(y[k])] for y in (trained.labels, found.predicted))
        rows.append(f"{k},{','.join(names)},{found.confidence[k]:.6g},{found.losses[k]:.6g}")
    return "\n".join(rows) + "\n"
