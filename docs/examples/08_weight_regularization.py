# %% [markdown]
"""
l1, l2 and max-norm
===================

Chapter 11, "Avoiding Overfitting Through Regularization".

A net with hundreds of times more weights than images learns the images by heart. Penalties and
bounds on the weights make that harder.
"""

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.optim import KerasSGD, MaxNorm, Penalty

digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::250]).float() / 255
y = torch.from_numpy(digits.y_train[5000::250])
x_valid = torch.from_numpy(digits.x_train[:5000:5]).float() / 255
y_valid = torch.from_numpy(digits.y_train[:5000:5])
print(f"{len(x)} images to train on")

# %% [markdown]
# A penalty is added to the loss. Max-norm is not a penalty: after each step it scales the weights
# that feed a unit back to the bound if their norm exceeds it.


# %%
def train(penalty: Penalty | None = None, bound: MaxNorm | None = None) -> tuple[MLP, list[float]]:
    """Train for 60 epochs, and keep the validation loss (without penalty) after each."""
    torch.manual_seed(42)
    net = MLP(784, (100, 100), 10, "elu", he_normal)
    optimizer = KerasSGD(net.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for _ in range(60):
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            if penalty is not None:
                loss = loss + penalty(net)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if bound is not None:
                bound(net)
        with torch.no_grad():
            losses.append(F.cross_entropy(net(x_valid), y_valid).item())
    return net, losses


trained = {
    "none": train(),
    "l1 = 0.001": train(Penalty(l1=0.001)),
    "l2 = 0.005": train(Penalty(l2=0.005)),
    "max-norm 1.0": train(bound=MaxNorm(1.0)),
}

# %% [markdown]
# Left, the validation loss: the curve that turns up again overfits. Right, the weights of the first
# layer, sorted by size: l1 brings most of them close to 0, l2 makes all of them smaller.

# %%
weights = {name: net.get_parameter("hidden1.weight").detach() for name, (net, _) in trained.items()}
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name, (_, losses) in trained.items():
    left.plot(range(1, 61), losses, label=name)
    size = weights[name].abs().flatten().sort(descending=True).values
    right.semilogy(torch.linspace(0, 100, len(size)), size)
left.set(xlabel="Epoch", ylabel="Validation loss")
right.set(xlabel="Weights of the first layer, %", ylabel="Size", ylim=(1e-6, 1))
figure.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()

small = {name: (w.abs() < 1e-3).float().mean() for name, w in weights.items()}
for name, share in small.items():
    print(f"{name}: {share:.0%} of the weights of the first layer are below .001")

assert small["l1 = 0.001"] > 5 * small["none"]
assert weights["max-norm 1.0"].norm(dim=1).max() <= 1.0001

# %% [markdown]
# **Question.** Keras's ``l2(0.01)`` and the ``weight_decay=0.01`` of PyTorch's SGD: do they do the
# same to a weight?
#
# Answer: no. The penalty 0.01 w ** 2 has the gradient 0.02 w, weight decay adds 0.01 w, half as
# much. Weight decay also acts on the biases, and does not show in the loss.

# %%
layer = torch.nn.Linear(1, 1, bias=False)
torch.nn.init.ones_(layer.weight)
(gradient,) = torch.autograd.grad(Penalty(l2=0.01)(layer), layer.weight)
print(f"gradient of the penalty at w = 1: {gradient.item():.2f}")

assert abs(gradient.item() - 0.02) < 1e-6
