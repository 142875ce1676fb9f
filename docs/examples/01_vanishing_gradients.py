# %% [markdown]
"""
Vanishing gradients and initialization
======================================

Chapter 11, "The Vanishing/Exploding Gradients Problems" and "Glorot and He Initialization".

The nets of 20 layers here are never trained. One forward and one backward pass show whether they
can be: the signal has to reach the last layer, and the gradient has to come back to the first.
"""

# %%
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.data import load
from dnn_techniques.layers import (
    MLP,
    RandomNormal,
    glorot_uniform,
    he_normal,
    layer_signals,
    lecun_normal,
)

torch.manual_seed(42)
digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::100]).float()
x = (x - x.mean()) / x.std()
y = torch.from_numpy(digits.y_train[5000::100])

# %% [markdown]
# The first of these nets is what people trained around the year 2000: sigmoids, and weights of
# standard deviation 1. The last two pair an activation with the initializer that the book's table
# names for it.

# %%
pairs: dict[str, tuple[str, Callable[[Tensor], object]]] = {
    "sigmoid, deviation 1": ("sigmoid", RandomNormal(stddev=1.0)),
    "sigmoid, Glorot": ("sigmoid", glorot_uniform),
    "ReLU, Glorot": ("relu", glorot_uniform),
    "ReLU, He": ("relu", he_normal),
    "SELU, LeCun": ("selu", lecun_normal),
}
signals = {}
for name, (activation, initializer) in pairs.items():
    net = MLP(784, [200] * 20, 10, activation, initializer)
    signals[name] = layer_signals(net, net.activations, x, lambda z: F.cross_entropy(z, y))

# %% [markdown]
# Left, the spread of each layer's outputs; right, the size of the gradient at each layer. Read the
# right picture from right to left, the way the gradient goes. A gradient that falls by a constant
# factor at every layer vanishes.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name, measured in signals.items():
    left.semilogy(range(1, 21), measured.std, ".-", label=name)
    right.semilogy(range(1, 21), measured.gradient_rms, ".-")
left.set(title="Outputs: standard deviation", xlabel="Layer", xticks=range(0, 21, 5))
right.set(title="Gradient: root mean square", xlabel="Layer", xticks=range(0, 21, 5))
figure.legend(loc="outside lower center", ncols=3, frameon=False)
plt.show()

# %% [markdown]
# Sigmoids fail in two ways. With large weights the units saturate: more than half of them sit where
# the sigmoid is flat, and let hardly any gradient through. With smaller weights they do not, but
# the slope of a sigmoid is at most a quarter, so each layer takes away at least three quarters of
# the gradient.

# %%
ratios = {name: (s.gradient_rms[0] / s.gradient_rms[-1]).item() for name, s in signals.items()}
for name, ratio in ratios.items():
    saturated = signals[name].saturated.mean()
    print(f"{name}: {saturated:.0%} saturated, gradient of first layer / last {ratio:.1e}")

assert signals["sigmoid, deviation 1"].saturated.mean() > 0.5
assert ratios["sigmoid, Glorot"] < 1e-9
assert 0.1 < ratios["ReLU, He"] < 10

# %% [markdown]
# **Question.** Glorot's initializer keeps the variance of a linear layer. A ReLU sets half of the
# values to 0. What does that leave of the standard deviation after 20 layers?
#
# Answer: half of the variance at each layer, so about 2 ** -9.5 of the first layer's deviation at
# the twentieth. He's initializer doubles the variance of the weights to make up for it.

# %%
glorot = signals["ReLU, Glorot"].std
print(f"expected: {2**-9.5:.4f}, measured: {(glorot[-1] / glorot[0]).item():.4f}")

assert 0.3 < glorot[-1] / glorot[0] / 2**-9.5 < 3
