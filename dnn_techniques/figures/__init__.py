"""The pictures of the chapter and more, each made by one command."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib import figure


@dataclass(frozen=True)
class Figure:
    """A picture that can be drawn.

    Attributes:
        name: Its name, and that of the PNG; with underscores that of the file here that draws it.
        title: What it shows, one line.
    """

    name: str
    title: str

    def draw(self, out: Path) -> "figure.Figure":
        """Draw it; only now is imported what it takes (torch, Lightning), which takes seconds.

        Args:
            out: Folder of the run folders; pictures that need no run ignore it.

        Raises:
            InputError: If it shows a run that is not there, or the data cannot be had.
        """
        module = import_module(f"{__name__}.{self.name.replace('-', '_')}")
        drawn: figure.Figure = module.draw(out)
        return drawn


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("documented", "every documented validation and test figure against ours"),
        Figure("perceptron", "where threshold units decide: iris flowers, and nets for logic"),
        Figure("learning-curves", "loss and accuracy of the first image classifier by epoch"),
        Figure("activations", "every activation function and its derivative"),
        Figure(
            "sigmoid-saturation", "where the logistic function saturates and where it is linear"
        ),
        Figure(
            "vanishing-gradients",
            "outputs, saturation and gradients through 20 layers, naive and recommended",
        ),
        Figure("activation-ranking", "validation accuracy of each activation at three depths"),
        Figure("self-normalization", "mean and deviation of a signal through 1,000 layers"),
        Figure(
            "self-normalization-broken", "deviations in SELU nets, plain and with l2, dropout, ..."
        ),
        Figure(
            "bn-learning-rates", "accuracy of 20 layers over learning rates, with and without BN"
        ),
        Figure("clipping", "accuracy of a net that diverges over the threshold of clipping"),
        Figure("optimizers", "loss and accuracy of eight optimizers beside the book's stars"),
        Figure("optimizer-rates", "validation loss of eight optimizers against the learning rate"),
        Figure("schedules", "the learning rate of every schedule over 25 epochs"),
        Figure(
            "performance-schedule", "learning rate and validation loss of schedules/performance"
        ),
        Figure("augmentation", "images as they are and as data augmentation changes them"),
        Figure("range-test", "learning-rate range test of the 1cycle experiment's net"),
        Figure(
            "mc-dropout", "100 predictions with dropout on for four images: sure, unsure, wrong"
        ),
        Figure("sparse", "accuracy against the share of zeros, by how the weights became zero"),
        Figure("cifar10", "validation loss and accuracy of the six nets over epochs and seconds"),
        Figure("cifar10-rates", "learning curves and last losses of the searches for a rate"),
        Figure("cifar10-range-test", "learning-rate range test of the 1cycle net on CIFAR-10"),
        Figure(
            "calibration", "confidence against accuracy with dropout off and for the mean of 100"
        ),
    )
}
