# %% [markdown]
"""
Learning rate schedules
=======================

Chapter 11, "Learning Rate Scheduling".

A large learning rate makes fast progress, a small one comes close to the minimum. A schedule begins
with the one and ends with the other.
"""

# %%
from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.optim import (
    KerasSGD,
    Power,
    exponential,
    lr_range_test,
    one_cycle,
    piecewise_constant,
    plot_schedules,
    power,
)

digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])
x_valid = torch.from_numpy(digits.x_train[:5000:5]).float() / 255
y_valid = torch.from_numpy(digits.y_train[:5000:5])


def new_net() -> MLP:
    """A net that begins with the same weights each time."""
    torch.manual_seed(42)
    return MLP(784, (100, 50), 10, "elu", he_normal)


# %% [markdown]
# How large may the rate be? The range test raises it at each step. The loss falls, and from the dot
# on it climbs again. The book takes a tenth of the rate at the dot.

# %%
net = new_net()
batches = [(x[batch], y[batch]) for batch in torch.randperm(len(x)).split(32)]
test = lr_range_test(net, KerasSGD(net.parameters()), F.cross_entropy, batches, 1e-3, 10, steps=250)
figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
test.plot(axis)
plt.show()
print(f"the loss climbs from {test.turning_point:.2g} on, so take {test.suggest():.2g}")

# %% [markdown]
# The schedules of the book, over the same number of steps. 1cycle is the odd one: it begins low,
# climbs to ten times the rate, and ends near 0.

# %%
epochs = 5
steps = epochs * len(batches)
lr = 0.01
schedules: dict[str, Callable[[Optimizer], LRScheduler]] = {
    "power": partial(power, s=steps // 5),
    "exponential": partial(exponential, s=steps),
    "piecewise": partial(piecewise_constant, boundaries=[steps // 2], factors=[1, 0.1]),
    "1cycle": partial(one_cycle, max_lr=10 * lr, steps=steps),
}
figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
plot_schedules(axis, schedules, steps, lr)
plt.show()

# %% [markdown]
# The same net with each, and with a constant rate. The first three only ever lower the rate of .01,
# which is small for this net; 1cycle dares ten times more for a while.


# %%
def train(attach: Callable[[Optimizer], LRScheduler] | None) -> list[float]:
    """Validation accuracy after each epoch."""
    net = new_net()
    optimizer = KerasSGD(net.parameters(), lr=lr, momentum=0.9)
    schedule = None if attach is None else attach(optimizer)
    accuracies = []
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
        with torch.no_grad():
            right = net(x_valid).argmax(dim=1) == y_valid
        accuracies.append(right.float().mean().item())
    return accuracies


accuracies = {name: train(attach) for name, attach in {"constant": None, **schedules}.items()}

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, values in accuracies.items():
    axis.plot(range(1, epochs + 1), values, ".-", label=name)
axis.set(xlabel="Epoch", ylabel="Validation accuracy", xticks=range(1, epochs + 1))
axis.legend()
plt.show()

for name, values in accuracies.items():
    print(f"{name}: {values[-1]:.3f}")

assert accuracies["1cycle"][-1] == max(values[-1] for values in accuracies.values())

# %% [markdown]
# **Question.** With power scheduling and s = 1,000 the rate is halved after 1,000 steps. After how
# many is it a quarter, and after how many with exponential scheduling, if that too halves it in
# 1,000?
#
# Answer: power scheduling divides by 1 + t / s, which is 4 at t = 3,000. Exponential scheduling
# halves again in each 1,000 steps and is there at 2,000: power scheduling drops fast first and then
# ever more slowly.

# %%
halved = Power(s=1000)
print([round(halved(t), 3) for t in (0, 1000, 2000, 3000)])

assert halved(3000) == 0.25
