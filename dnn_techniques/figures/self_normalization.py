"""Mean and standard deviation of a signal through 1,000 layers (chapter 11, "SELU").

Klambauer et al., "Self-Normalizing Neural Networks" (2017), https://arxiv.org/abs/1706.02515.
The notebook prints a row every 100 layers for one draw of the weights; here other draws show how
much of such a row is chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.layers import ACTIVATIONS, SignalStatistics, self_normalization

NOTEBOOK_SEED = 42
DEVIATIONS = 3
LABELS = {"mean": "mean of the outputs", "std": "standard deviation of the outputs"}
OTHERS = {
    "relu": ("ReLU, He's initializer", "C1"),
    "tanh": ("tanh, Glorot's initializer", "0.2"),
}


@dataclass(frozen=True)
class Spread:
    """Where one more value is to be expected, for each layer.

    Attributes:
        low: Three standard deviations of the draws below their mean, (depth,).
        high: As much above it; for 20 draws from a normal distribution the next one lies between
            with a probability of 99%.
    """

    low: np.ndarray
    high: np.ndarray


def spread(draws: Sequence[np.ndarray]) -> Spread:
    """The spread of draws, each (depth,)."""
    mean, std = np.mean(draws, axis=0), np.std(draws, axis=0, ddof=1)
    return Spread(mean - DEVIATIONS * std, mean + DEVIATIONS * std)


def other_draws(draws: int, depth: int, samples: int) -> list[SignalStatistics]:
    """The notebook's experiment with other seeds than its own."""
    return [
        self_normalization(depth, samples=samples, seed=NOTEBOOK_SEED + 1 + draw)
        for draw in range(draws)
    ]


def documented_rows() -> list[tuple[int, float, float]]:
    """The printed table: layer, mean, standard deviation."""
    rows = documented_table("selu_self_normalization")["rows"]
    return [(layer, mean, std) for layer, mean, std in rows]


def draw(out: Path) -> Figure:
    """Draw the notebook's 1,000 layers, 20 more draws and two other activations: half a minute."""
    return build(depth=1000, samples=500, draws=20)


def build(depth: int, samples: int, draws: int) -> Figure:
    """Draw the signal of `samples` inputs through `depth` layers.

    On the left SELU and the spread of `draws` others, on the right, on a wider scale, SELU and the
    other activations.
    """
    figure = Figure(figsize=(12, 7), layout="constrained")
    figure.suptitle(
        "Signals through layers of 100 units: SELU keeps them normalized, others do not"
    )
    axes = figure.subplots(2, 2, sharex=True)
    for row, label in zip(axes, LABELS.values(), strict=True):
        for axis in row:
            axis.set_ylabel(label)
    for axis in axes[1]:
        axis.set_xlabel("layer")
    selu = self_normalization(depth, samples=samples, seed=NOTEBOOK_SEED)
    _draw_selu(axes[:, 0], selu, other_draws(draws, depth, samples))
    _draw_others(axes[:, 1], selu, depth, samples)
    for axis in axes.flat:
        axis.margins(x=0.02)
        axis.grid(alpha=0.3)
    # Below the panels, where they hide no line.
    left, right = (axis.get_legend_handles_labels() for axis in axes[1])
    figure.legend(*left, loc="outside lower left", frameon=False)
    figure.legend(*right, loc="outside lower right", frameon=False)
    return figure


def _draw_selu(
    axes: Sequence[Axes], selu: SignalStatistics, others: list[SignalStatistics]
) -> None:
    """The notebook's draw, the spread of the others, and the printed rows."""
    axes[0].set_title("SELU and repeated draws of its weights")
    layers, *printed = zip(*documented_rows(), strict=True)
    for axis, name, values in zip(axes, LABELS, printed, strict=True):
        band = spread([getattr(statistics, name) for statistics in others])
        label = f"mean of {len(others)} other draws ± {DEVIATIONS} deviations"
        axis.fill_between(range(len(band.low)), band.low, band.high, alpha=0.2, lw=0, label=label)
        axis.plot(getattr(selu, name), color="C0", linewidth=0.8, label="SELU, the notebook's draw")
        axis.plot(layers, values, "o", color="black", label="printed in the notebook")


def _draw_others(axes: Sequence[Axes], selu: SignalStatistics, depth: int, samples: int) -> None:
    """SELU beside the other activations, their deviations on a logarithmic scale."""
    axes[0].set_title("Other activations with the initializers meant for them")
    axes[1].set_yscale("log")
    axes[0].plot(selu.mean, color="C0")
    axes[1].plot(selu.std, color="C0", label="SELU, LeCun's variance")
    for name, (label, color) in OTHERS.items():
        initializer = ACTIVATIONS[name].initializer
        signal = self_normalization(
            depth, samples=samples, activation=name, initializer=initializer
        )
        axes[0].plot(signal.mean, color=color)
        axes[1].plot(signal.std, color=color, label=label)
