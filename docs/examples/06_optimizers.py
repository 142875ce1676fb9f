# %% [markdown]
"""
Faster optimizers
=================

Chapter 11, "Faster Optimizers".

Gradient descent goes where the slope is steepest, which in a long narrow valley is from side to
side. Momentum and adaptive rates are two ways out.
"""

# %%
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.optim import KerasAdagrad, KerasAdam, KerasNadam, KerasRMSprop, KerasSGD

# %% [markdown]
# The valley is a hundred times steeper in one direction than in the other. All paths begin at the
# cross and have 40 steps; the minimum is the star. The curvature limits the rate of gradient
# descent: a little more, and it leaves the valley.


# %%
def valley(w: Tensor) -> Tensor:
    """Height at the points w, (2, *)."""
    return 0.5 * (w[0] ** 2 + 100 * w[1] ** 2)


def path(make: Callable[[list[Tensor]], Optimizer]) -> Tensor:
    """Where 40 steps lead, (41, 2)."""
    w = torch.tensor([-8.0, 1.0], requires_grad=True)
    optimizer = make([w])
    points = [w.detach().clone()]
    for _ in range(40):
        optimizer.zero_grad()
        valley(w).backward()
        optimizer.step()
        points.append(w.detach().clone())
    return torch.stack(points)


paths = {
    "gradient descent": path(lambda p: KerasSGD(p, lr=0.018)),
    "momentum": path(lambda p: KerasSGD(p, lr=0.01, momentum=0.9)),
    "Nesterov": path(lambda p: KerasSGD(p, lr=0.01, momentum=0.9, nesterov=True)),
    "AdaGrad": path(lambda p: KerasAdagrad(p, lr=1.0)),
    "RMSProp": path(lambda p: KerasRMSprop(p, lr=0.3)),
    "Adam": path(lambda p: KerasAdam(p, lr=0.5)),
}
across, up = torch.meshgrid(
    torch.linspace(-9, 4, 100), torch.linspace(-1.5, 1.5, 100), indexing="xy"
)
height = valley(torch.stack([across, up]))

figure, axes = plt.subplots(2, 3, figsize=(9, 4.6), sharex=True, sharey=True, layout="constrained")
for axis, (name, points) in zip(axes.flat, paths.items(), strict=True):
    axis.contour(across, up, height, levels=[1, 5, 20, 50, 100, 150], colors="0.85")
    axis.plot(points[:, 0], points[:, 1], ".-", markersize=3, linewidth=1)
    axis.plot(-8, 1, "x", color="black")
    axis.plot(0, 0, "*", color="C3", markersize=10)
    axis.set(title=f"{name}: {valley(points[-1]):.1g} left", xlim=(-9, 4), ylim=(-1.5, 1.5))
plt.show()

assert valley(paths["Nesterov"][-1]) < valley(paths["gradient descent"][-1])

# %% [markdown]
# On a net the minimum is not known; what can be compared is the loss after the same number of
# steps. Each optimizer needs a rate of its own, and these are common ones, not tuned. An honest
# comparison tunes all of them alike: see the experiments ``optimizers`` and ``rates``.

# %%
digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])
makers: dict[str, Callable[..., Optimizer]] = {
    "gradient descent": lambda p: KerasSGD(p, lr=0.01),
    "momentum": lambda p: KerasSGD(p, lr=0.01, momentum=0.9),
    "RMSProp": lambda p: KerasRMSprop(p, lr=0.001),
    "Adam": lambda p: KerasAdam(p, lr=0.001),
    "Nadam": lambda p: KerasNadam(p, lr=0.001),
}


def train(make: Callable[..., Optimizer]) -> list[float]:
    """Mean training loss of each of five epochs."""
    torch.manual_seed(42)
    net = MLP(784, (100, 50), 10, "relu", he_normal)
    optimizer = make(net.parameters())
    means = []
    for _ in range(5):
        total = 0.0
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        means.append(total / len(x))
    return means


losses = {name: train(make) for name, make in makers.items()}

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, means in losses.items():
    axis.semilogy(range(1, 6), means, ".-", label=name)
axis.set(xlabel="Epoch", ylabel="Training loss", xticks=range(1, 6))
axis.legend()
plt.show()

assert losses["gradient descent"][-1] == max(means[-1] for means in losses.values())

# %% [markdown]
# **Question.** On a slope that stays the same, how much faster than gradient descent does a
# momentum of .9 go in the end?
#
# Answer: the velocity grows until what it loses in a step, a tenth, equals what the gradient adds:
# 1 / (1 - .9) = 10 times the step of gradient descent.

# %%
w = torch.zeros(1, requires_grad=True)
optimizer = KerasSGD([w], lr=0.01, momentum=0.9)
for _ in range(200):
    before = w.item()
    w.grad = torch.ones(1)
    optimizer.step()
speed = (before - w.item()) / 0.01
print(f"{speed:.2f} times the step of gradient descent")

assert abs(speed - 10) < 0.01
