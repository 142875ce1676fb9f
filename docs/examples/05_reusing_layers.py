# %% [markdown]
"""
Reusing trained layers
======================

Chapter 11, "Reusing Pretrained Layers".

A net that tells eights from nines has very few images to learn from. Another net has learned the
digits from zero to seven from many. Do its layers help?
"""

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.data import load
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.reuse import copy_layers, freeze

torch.manual_seed(42)
digits = load("digits")
x = torch.from_numpy(digits.x_train[5000::20]).float() / 255
y = torch.from_numpy(digits.y_train[5000::20])
x_test = torch.from_numpy(digits.x_test[::2]).float() / 255
y_test = torch.from_numpy(digits.y_test[::2])


def train(net: nn.Module, x: Tensor, y: Tensor, steps: int) -> None:
    """Train what is not frozen by gradient descent with momentum."""
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.02, momentum=0.9)
    for _ in range(steps):
        batch = torch.randint(len(x), (32,))
        loss = F.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def accuracy(net: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of the images that the net classifies correctly."""
    return float((net(x).argmax(dim=1) == y).float().mean())


# %% [markdown]
# The first task has all images of the digits below 8, the second only three eights and three nines.

# %%
first, second = y < 8, y >= 8
net_a = MLP(784, (100, 50, 50), 8, "elu", he_normal)
train(net_a, x[first], y[first], steps=1000)
print(f"first task: accuracy {accuracy(net_a, x_test[y_test < 8], y_test[y_test < 8]):.3f}")

few_x, few_y = x[second], y[second] - 8
test_x, test_y = x_test[y_test >= 8], y_test[y_test >= 8] - 8


def second_task(reused: list[str], chosen: Tensor) -> float:
    """Test accuracy on the second task, beginning with these layers of the first net."""
    net = MLP(784, (100, 50, 50), 2, "elu", he_normal)
    copy_layers(net_a, net, reused)
    freeze(net, reused)  # first the new layers alone ...
    train(net, few_x[chosen], few_y[chosen], steps=40)
    freeze(net)  # ... then all
    train(net, few_x[chosen], few_y[chosen], steps=20)
    return accuracy(net, test_x, test_y)


# %% [markdown]
# One comparison shows nothing: which six images you happen to have counts for more than the
# technique. So both nets are trained on twenty draws of six images, and each line joins the two
# nets of one draw. Look at how far the lines are from each other, and how many of them go up.

# %%


def draw(per_class: int) -> Tensor:
    """Indices of so many eights and as many nines."""
    return torch.cat([torch.multinomial((few_y == k).float(), per_class) for k in (0, 1)])


draws = [draw(3) for _ in range(20)]
scratch = [second_task([], chosen) for chosen in draws]
reusing = [second_task(["hidden1"], chosen) for chosen in draws]

figure, axis = plt.subplots(figsize=(5.5, 4), layout="constrained")
for pair in zip(scratch, reusing, strict=True):
    axis.plot([0, 1], pair, ".-", color="C2" if pair[1] > pair[0] else "C3", alpha=0.7)
axis.set(
    xticks=[0, 1],
    xticklabels=["from scratch", "reusing the lowest layer"],
    xlim=(-0.3, 1.3),
    ylabel="Test accuracy, eight or nine",
)
plt.show()

gain = torch.tensor(reusing) - torch.tensor(scratch)
print(f"better in {(gain > 0).sum()} of {len(gain)} draws, by {gain.mean():+.3f} on average")

assert gain.std() > abs(gain.mean())

# %% [markdown]
# **Question.** Would it be better to take over two of the hidden layers, or all three? And does it
# help a net that has forty images instead of six?
#
# The answer is an experiment. The lowest layer finds strokes, which all digits have; the highest
# layers know the first task best, and may know too little of the second.

# %%
means = {}
for per_class in (3, 20):
    draws = [draw(per_class) for _ in range(10)]
    for n in range(4):
        reused = ["hidden1", "hidden2", "hidden3"][:n]
        means[per_class, n] = sum(second_task(reused, chosen) for chosen in draws) / len(draws)
        print(f"{2 * per_class} images, {n} layers reused: {means[per_class, n]:.3f}")

assert means[20, 0] > means[3, 0]
