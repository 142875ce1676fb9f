"""Where threshold units decide (chapter 10, "The Perceptron"): iris flowers, and logic.

The footnote of that section as a picture: many lines separate the setosas, and
which one the rule finds depends on the order of the samples. Then the outputs of the nets of
figures 10-3 and 10-6 over the plane of their inputs.
"""

from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from dnn_techniques.layers import LOGIC, Perceptron

ORDERS = 20
SHOWN = ("A", "A and B", "A or B", "A and not B", "A xor B, by an MLP")


def draw(out: Path) -> Figure:
    """Draw a panel for the flowers and one for each of five nets."""
    figure = Figure(figsize=(12, 7.4), layout="constrained")
    first, *others = figure.subplots(2, 3).flat
    draw_flowers(first)
    for axis, name in zip(others, SHOWN, strict=True):
        draw_logic(axis, name, LOGIC[name])
    return figure


def draw_flowers(axis: Axes) -> None:
    """Petals of setosas and others, and the lines that the rule finds in several orders."""
    from sklearn.datasets import load_iris

    iris = load_iris()
    x = torch.from_numpy(iris.data[:, 2:])
    setosa = torch.from_numpy(iris.target == 0)
    for seed in range(ORDERS):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
        unit = Perceptron(2).double()
        unit.fit(x[order], setosa[order, None])
        (length, width), bias = unit.weight[0].tolist(), float(unit.bias)
        ends = torch.tensor([0.0, 7.5])
        line = -(bias + length * ends) / width
        axis.plot(ends, line, color="0.5", lw=0.8, label=None if seed else "found boundaries")
    for kind, marker, label in ((setosa, "o", "setosa"), (~setosa, "^", "other irises")):
        axis.plot(*x[kind].T, marker, ms=4, label=label)
    axis.set(xlim=(0, 7.5), ylim=(0, 2.8), xlabel="petal length (cm)", ylabel="petal width (cm)")
    axis.set_title(f"The perceptron rule in {ORDERS} orders of the flowers")
    axis.legend(loc="lower right")


def draw_logic(axis: Axes, name: str, net: nn.Sequential) -> None:
    """The output over the plane of both inputs, and the four inputs that are on or off."""
    ticks = torch.linspace(-0.5, 1.5, 201)
    b, a = torch.meshgrid(ticks, ticks, indexing="ij")
    output = net(torch.stack([a.flatten(), b.flatten()], dim=1)).reshape(a.shape)
    axis.contourf(a, b, output, levels=[-0.5, 0.5, 1.5], colors=["white", "tab:blue"], alpha=0.3)
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    for (x, y), on in zip(corners.tolist(), net(corners)[:, 0].tolist(), strict=True):
        axis.plot(x, y, "o", ms=9, mec="black", mfc="tab:blue" if on else "white")
    axis.set(title=f"C = {name}", xlabel="A", ylabel="B", xticks=[0, 1], yticks=[0, 1])
    axis.set_aspect("equal")
