# %% [markdown]
"""
Activation functions
====================

Chapter 11, "Nonsaturating Activation Functions".

A sigmoid is flat on both sides, a ReLU on one. The later functions let a gradient through
everywhere.
"""

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dnn_techniques.data import load
from dnn_techniques.layers import ACTIVATIONS, MLP, dead_units, derivative, make_activation

names = ["sigmoid", "relu", "leaky_relu", "elu", "selu", "swish"]

# %% [markdown]
# Solid, the function; dashed, its derivative, which is what backpropagation multiplies by. Look for
# where the dashed line is at 0.

# %%
z = torch.linspace(-4, 4, 401)
figure, axes = plt.subplots(2, 3, figsize=(9, 4.6), sharex=True, sharey=True, layout="constrained")
for axis, name in zip(axes.flat, names, strict=True):
    function = make_activation(name, units=1)
    axis.plot(z, function(z))
    axis.plot(z, derivative(function, z), "--")
    axis.set(title=name, ylim=(-2, 3))
    axis.grid(alpha=0.3)
plt.show()

# %% [markdown]
# Now a net of five hidden layers is trained on the digits with each of them, and with the
# initializer that fits the function.

# %%
digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])


def train(activation: str, lr: float) -> tuple[MLP, list[float]]:
    """Train for five epochs of plain gradient descent, and keep the mean loss of each."""
    torch.manual_seed(42)
    net = MLP(784, [100] * 5, 10, activation, ACTIVATIONS[activation].initializer)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
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
    return net, means


losses = {name: train(name, lr=0.02)[1] for name in names}

# %%
figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, means in losses.items():
    axis.plot(range(1, 6), means, ".-", label=name)
axis.set(xlabel="Epoch", ylabel="Training loss", xticks=range(1, 6), ylim=(0, None))
axis.legend(ncols=2)
plt.show()

# %% [markdown]
# The net with sigmoids has hardly begun: it predicts no better than chance (a loss of ln 10 = 2.3)
# when the others are far ahead.

# %%
assert losses["sigmoid"][-1] > 2.0
assert max(losses[name][-1] for name in names[1:]) < 1.0

# %% [markdown]
# **Question.** A unit whose ReLU is off for every image gets no gradient, and stays off: it is
# dead. Which of these functions can have dead units, and what makes them die?
#
# Answer: of the six only the ReLU is exactly flat on a whole side. With too large a learning rate,
# one step can throw its weights so far off that it never turns on again.

# %%
rates = [0.02, 0.3]
for name in ("relu", "leaky_relu"):
    for lr in rates:
        net, _ = train(name, lr)
        dead = torch.cat(dead_units(net, net.activations, x)).float().mean().item()
        print(f"{name}, rate {lr}: {dead:.0%} of the units are dead")
        assert dead == 0 or name == "relu"
