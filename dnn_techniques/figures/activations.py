"""Every activation function and its derivative (chapter 11, "Nonsaturating Activation Functions").

The pictures of leaky ReLU, ELU and SELU in the notebook, for all and with their slopes.
"""

import textwrap
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from dnn_techniques.layers import ACTIVATIONS, derivative, make_activation

COLUMNS = 4


def curves(name: str, z: Tensor) -> tuple[Tensor, Tensor]:
    """Values and slopes of a new activation in inference mode at `z`, (n,), each (n,)."""
    function = make_activation(name, units=1).eval()
    with torch.no_grad():
        value = function(z[:, None])[:, 0]
    return value, derivative(function, z[:, None])[:, 0]


def draw(out: Path) -> Figure:
    """Draw a panel for each entry of the registry, and the legend in the next one."""
    rows = len(ACTIVATIONS) // COLUMNS + 1
    figure = Figure(figsize=(12, 2.9 * rows + 0.4), layout="constrained")
    figure.suptitle("Activation functions and their derivatives, as a new layer has them")
    axes = list(figure.subplots(rows, COLUMNS, sharex=True, sharey=True).flat)
    panels, rest = axes[: len(ACTIVATIONS)], axes[len(ACTIVATIONS) :]
    z = torch.linspace(-4, 4, 800)  # without 0, where some have a kink
    for axis, activation in zip(panels, ACTIVATIONS.values(), strict=True):
        value, slope = curves(activation.name, z)
        axis.axhline(0, color="0.5", linewidth=0.8)
        axis.axvline(0, color="0.5", linewidth=0.8)
        axis.plot(z, value, label="function")
        axis.plot(z, slope, "--", label="derivative")
        formula = textwrap.fill(activation.formula, 46)
        axis.set_title(f"{activation.name}\n{formula}", fontsize="small")
        axis.set(xlim=(-4, 4), ylim=(-2.2, 4.2), xlabel="z")
        axis.tick_params(labelbottom=True, labelleft=True)
        axis.grid(alpha=0.3)
    for axis in rest:
        axis.axis("off")
    rest[0].legend(*panels[0].get_legend_handles_labels(), loc="center", fontsize="large")
    return figure
