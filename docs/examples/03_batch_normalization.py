# %% [markdown]
"""
Batch normalization
===================

Chapter 11, "Batch Normalization".

A batch normalization layer gives each of its inputs mean 0 and variance 1 within the batch, then a
scale and an offset that are learned. In inference it uses moving averages of means and variances
instead.
"""

# %%
from collections.abc import Iterator

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, KerasBatchNorm1d, he_normal

digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])
x_valid = torch.from_numpy(digits.x_train[:5000:5]).float() / 255
y_valid = torch.from_numpy(digits.y_train[:5000:5])


def steps(net: nn.Module, lr: float) -> Iterator[None]:
    """Make the steps of three epochs of plain gradient descent, one for each turn of a loop."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(3):
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield


@torch.no_grad()
def accuracy(net: nn.Module) -> float:
    """Validation accuracy in inference mode."""
    net.eval()
    right = net(x_valid).argmax(dim=1) == y_valid
    net.train()
    return float(right.float().mean())


# %% [markdown]
# A net of five hidden layers, with and without it, over learning rates that are a factor of about
# three apart. Look at how wide each curve is: batch normalization forgives a rate that is too small
# or too large.

# %%
rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
found: dict[str, list[float]] = {"without": [], "with": []}
for lr in rates:
    torch.manual_seed(42)
    plain = MLP(784, [100] * 5, 10, "relu", he_normal)
    for _ in steps(plain, lr):
        pass
    found["without"].append(accuracy(plain))
    torch.manual_seed(42)
    normalized = MLP(784, [100] * 5, 10, "relu", he_normal, norm="before", norm_decay=0.9)
    for _ in steps(normalized, lr):
        pass
    found["with"].append(accuracy(normalized))

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, accuracies in found.items():
    axis.semilogx(rates, accuracies, "o-", label=f"{name} batch normalization")
axis.set(xlabel="Learning rate", ylabel="Validation accuracy after 3 epochs", ylim=(0, 1))
axis.legend(loc="lower center")
plt.show()

assert sum(found["with"]) > sum(found["without"])
assert found["with"][0] > found["without"][0]

# %% [markdown]
# The trap is in the moving averages. Keras keeps .99 of the old value at each step, PyTorch .9. In
# a short training Keras's averages are still far off when PyTorch's have long caught up, so the
# same net looks bad in inference.

# %%
curves: dict[float, list[float]] = {}
for decay in (0.9, 0.99):
    torch.manual_seed(42)
    net = MLP(784, [100] * 5, 10, "relu", he_normal, norm="before", norm_decay=decay)
    curves[decay] = [accuracy(net) for _ in steps(net, 0.03)]

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for decay, measured in curves.items():
    axis.plot(measured, label=f"{decay} of the old average is kept")
axis.set(xlabel="Step", ylabel="Validation accuracy", ylim=(0, 1))
axis.legend(loc="lower right")
plt.show()

assert max(curves[0.9][:100]) > max(curves[0.99][:100])

# %% [markdown]
# **Question.** After how many steps does an average that keeps .99 still have a tenth of its first
# value in it?
#
# Answer: .99 to the power of n is .1 at n = ln .1 / ln .99 = 229.1, so it takes 230 steps to fall
# below a tenth. With .9 it takes 22.

# %%
layer = KerasBatchNorm1d(1, decay=0.99)
count = 0
while layer.running_mean < 0.9:
    layer(torch.ones(32, 1))  # the mean of every batch is 1, the moving one begins at 0
    count += 1
print(f"{count} steps")

assert count == 230
