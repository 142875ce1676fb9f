# %% [markdown]
"""
Dropout and Monte Carlo dropout
===============================

Chapter 11, "Dropout" and "Monte Carlo (MC) Dropout".

Dropout turns off a part of the units at each training step. Left on after the training, it makes a
net say how sure it is.
"""

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, Dropout, he_normal, mc_predict
from dnn_techniques.optim import KerasSGD

digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::100]).float() / 255
y = torch.from_numpy(digits.y_train[5000::100])
x_valid = torch.from_numpy(digits.x_train[:5000:5]).float() / 255
y_valid = torch.from_numpy(digits.y_train[:5000:5])


def train(rate: float) -> tuple[MLP, list[list[float]]]:
    """Train for 30 epochs, and keep training and validation loss, both without dropout."""
    torch.manual_seed(42)
    net = MLP(784, (200, 200), 10, "relu", he_normal, dropout=lambda: Dropout(rate))
    optimizer = KerasSGD(net.parameters(), lr=0.02, momentum=0.9)
    curves: list[list[float]] = [[], []]
    for _ in range(30):
        for batch in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            curves[0].append(F.cross_entropy(net(x), y).item())
            curves[1].append(F.cross_entropy(net(x_valid), y_valid).item())
        net.train()
    return net, curves


# %% [markdown]
# Solid, the loss on images that the net has not seen; dashed, on those it was trained on. What
# counts is the solid line; the distance between the two is how much the net overfits.

# %%
trained = {rate: train(rate) for rate in (0.0, 0.2, 0.5)}
figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for (rate, (_, (fitted, unseen))), color in zip(trained.items(), ("C0", "C1", "C2"), strict=True):
    axis.semilogy(range(1, 31), unseen, color=color, label=f"dropout rate {rate}")
    axis.semilogy(range(1, 31), fitted, "--", color=color)
axis.set(xlabel="Epoch", ylabel="Loss (dashed: training images)")
axis.legend()
plt.show()

gaps = {rate: unseen[-1] - fitted[-1] for rate, (_, (fitted, unseen)) in trained.items()}
for rate, gap in gaps.items():
    last = trained[rate][1][1][-1]
    print(f"rate {rate}: loss on unseen images {last:.3f}, {gap:.3f} above that on the others")
assert gaps[0.2] < gaps[0.0]

# %% [markdown]
# Dropout keeps the net from learning its images by heart. On unseen images it gains far less than
# that: a rate of .5 is too much here, where a layer has no units to spare.
#
# Now a hundred passes with dropout on, each through a different part of the net. Where the passes
# agree, the net is sure. These are the validation images of which it is the least sure, with its
# two best guesses.

# %%
net = trained[0.2][0]
prediction = mc_predict(net, x_valid, samples=100, seed=42)
least_sure = prediction.entropy.argsort(descending=True)[:8]
figure, axes = plt.subplots(2, 4, figsize=(8, 4.6), layout="constrained")
for axis, i in zip(axes.flat, least_sure, strict=True):
    (best, second), guesses = prediction.mean[i].topk(2)
    axis.imshow(x_valid[i].numpy(), cmap="gray_r")
    axis.set_title(
        f"{guesses[0]}: {best:.0%}, {guesses[1]}: {second:.0%}\nis a {y_valid[i]}", size=10
    )
    axis.axis("off")
plt.show()

# %% [markdown]
# It is worth knowing how sure a net is: leave the least sure tenth of the images to a person, and
# the rest is right more often.

# %%
right = (prediction.mean.argmax(dim=1) == y_valid).float()
sure = prediction.entropy.argsort()[: len(right) * 9 // 10]
print(
    f"accuracy on all images {right.mean():.3f}, on the surest nine tenths {right[sure].mean():.3f}"
)

assert right[sure].mean() > right.mean()

# %% [markdown]
# **Question.** In training a dropout layer of rate .2 turns a fifth of its inputs into 0. What does
# it do to the others, and why?
#
# Answer: it divides them by .8, so that the sum that reaches the next layer is the same on average,
# and inference needs no correction.

# %%
dropped = Dropout(0.2)(torch.ones(100_000))
print(f"values {dropped.unique().tolist()}, mean {dropped.mean():.3f}")

assert set(dropped.unique().tolist()) == {0.0, 1.25}
