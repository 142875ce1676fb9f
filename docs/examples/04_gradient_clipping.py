# %% [markdown]
"""
Gradient clipping
=================

Chapter 11, "Gradient Clipping".

A gradient that is too long is cut before the optimizer makes its step: each component by itself (by
value), or the length of the whole (by norm).
"""

# %%
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, VarianceScaling
from dnn_techniques.optim import Clipping, clip_by_norm_per_variable, clip_by_value

# %% [markdown]
# First a gradient of two components. Clipped by norm it keeps its direction. Clipped by value it
# turns, because only the larger component is cut.

# %%
arrows = {}
for name, clip in {"by norm": clip_by_norm_per_variable, "by value": clip_by_value}.items():
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([0.9, 3.0])
    clip([weight], 1.0)
    arrows[name] = weight.grad.tolist()

figure, axis = plt.subplots(figsize=(3.6, 4.4), layout="constrained")
for (name, (right, up)), color in zip(
    {"not clipped": (0.9, 3.0), **arrows}.items(), ("0.7", "C0", "C1"), strict=True
):
    axis.annotate("", (right, up), (0, 0), arrowprops={"color": color, "width": 2})
    axis.text(right + 0.06, up + 0.06, name, color=color)
axis.set(xlim=(-0.2, 2.0), ylim=(-0.2, 3.3), aspect="equal")
plt.show()

# %% [markdown]
# Now a net whose gradients explode: its initial weights are too large, so the signal grows at each
# of ten layers, and so does the gradient on its way back.

# %%
digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])
too_large = VarianceScaling(scale=4.0)  # He's initializer has a scale of 2


def train(clipping: Clipping | None) -> list[float]:
    """Train for three epochs with a way of clipping, and keep the loss of each batch."""
    torch.manual_seed(42)
    net = MLP(784, [100] * 10, 10, "relu", too_large)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            if clipping is not None:
                clipping(net.parameters())
            optimizer.step()
            losses.append(loss.item())
    return losses


ways = {
    "not clipped": None,
    "by value, 1.0": Clipping(value=1.0),
    "by value, 0.01": Clipping(value=0.01),
    "by norm of each variable, 1.0": Clipping(norm=1.0),
    "by global norm, 1.0": Clipping(global_norm=1.0),
}
losses = {name: train(clipping) for name, clipping in ways.items()}

# %% [markdown]
# Without clipping the loss soon becomes NaN. A threshold of 1.0 means something else for each way
# of clipping: by value, it lets through a gradient of thousands of components that are each below
# 1, so a far lower one is needed.

# %%
figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, values in losses.items():
    axis.semilogy(values, label=name, linewidth=1)
axis.set(xlabel="Step", ylabel="Loss of the batch", ylim=(0.1, 1e3))
axis.legend(loc="upper right")
plt.show()

last = {name: sum(values[-20:]) / 20 for name, values in losses.items()}
for name, loss in last.items():
    print(f"{name}: mean loss of the last 20 steps {loss:.3g}")

assert math.isnan(last["not clipped"])
assert last["by global norm, 1.0"] < last["by value, 1.0"]
assert last["by value, 0.01"] < last["by value, 1.0"]

# %% [markdown]
# **Question.** By how many degrees does clipping by value at 1.0 turn the gradient (0.9, 100) of
# the book's example?
#
# Answer: from 89.5 degrees above the first axis to 48.

# %%
weight = torch.nn.Parameter(torch.zeros(2))
weight.grad = torch.tensor([0.9, 100.0])
before = math.degrees(math.atan2(weight.grad[1], weight.grad[0]))
clip_by_value([weight], 1.0)
after = math.degrees(math.atan2(weight.grad[1], weight.grad[0]))
print(f"{before:.1f} degrees before, {after:.1f} after: turned by {before - after:.1f}")

assert round(before - after) == 41
