"""Where the logistic function saturates (chapter 11, "The Vanishing/Exploding Gradients Problems").

Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
"""

import math
from pathlib import Path

import torch
from matplotlib.figure import Figure

SHARE = 0.1


def saturates_from(share: float) -> float:
    """The z above 0 at which the slope, s (1 - s) for the value s, is `share` of its maximum 1/4.

    >>> round(saturates_from(0.1), 2)
    3.64
    """
    s = (1 + math.sqrt(1 - share)) / 2
    return math.log(s / (1 - s))


def draw(out: Path) -> Figure:
    """Draw the function, its tangent at 0, and shaded the ends where it is almost flat."""
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axis = figure.subplots()
    z = torch.linspace(-6, 6, 601)
    flat = saturates_from(SHARE)
    for side in (-1, 1):
        axis.axvspan(side * flat, side * 6, color="C1", alpha=0.15, linewidth=0)
    axis.axhline(0, color="0.5", linewidth=0.8)
    axis.axhline(1, color="0.5", linewidth=0.8)
    axis.plot(z, z / 4 + 0.5, "--", color="C2", label="z / 4 + 1/2")
    axis.plot(z, torch.sigmoid(z), color="C0", linewidth=2, label="1 / (1 + exp(-z))")
    arrow = {"arrowstyle": "->"}
    axis.annotate("linear: slope 1/4", (0, 0.5), (1.2, 0.28), arrowprops=arrow)
    text = f"saturating:\nslope below {SHARE / 4:g},\na tenth of the largest"
    for z_end, text_z, text_value in ((-4.8, -4.85, 0.18), (4.8, 4.85, 0.68)):
        end = (z_end, torch.sigmoid(torch.tensor(z_end)).item())
        axis.annotate(text, end, (text_z, text_value), arrowprops=arrow, ha="center", fontsize=9)
    axis.set(xlim=(-6, 6), ylim=(-0.15, 1.15), xlabel="z", ylabel="value")
    axis.set_title("The logistic function passes gradients on in the middle only")
    axis.legend(loc="upper left")
    axis.grid(alpha=0.3)
    return figure
