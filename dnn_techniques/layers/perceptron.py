"""Threshold logic units: the perceptron and its rule, and nets of units that compute logic.

Chapter 10, "The Perceptron" and "Logical Computations with Neurons". McCulloch & Pitts, "A Logical
Calculus of the Ideas Immanent in Nervous Activity" (1943); Rosenblatt, "The Perceptron" (1958).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def heaviside(z: Tensor) -> Tensor:
    """The book's step function: 0 below 0, 1 from 0 on, in the shape and type of `z`.

    >>> heaviside(torch.tensor([-0.1, 0.0, 2.0]))
    tensor([0., 1., 1.])
    """
    return (z >= 0).to(z.dtype)


class Perceptron(nn.Module):
    """A layer of threshold logic units: maps (n, in_features) to outputs 0 or 1, (n, units).

    Its slope is 0 wherever it has one, so that there is no gradient to descend: `learn` follows the
    perceptron rule instead. Weights and biases start at 0.

    Args:
        in_features: Number of inputs.
        units: Number of units.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, in_features: int, units: int = 1) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(units, in_features))
        self.register_buffer("bias", torch.zeros(units))

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of all units."""
        return heaviside(F.linear(x, self.weight, self.bias))

    def learn(self, x: Tensor, y: Tensor, lr: float = 1.0, ties_are_wrong: bool = False) -> int:
        """Show the samples one after the other, once: w + lr (y - output) x after each.

        The book's equation 10-3, for each unit: weights move only where its output is wrong.

        Args:
            x: Inputs, (n, in_features).
            y: Wanted outputs, 0 or 1, (n, units).
            lr: Learning rate.
            ties_are_wrong: Count an output as wrong where its sum is 0, whichever is wanted, as
                scikit-learn's `Perceptron` does.

        Returns:
            How many outputs were wrong.
        """
        wrong = 0
        for sample, wanted in zip(x, y.to(x.dtype), strict=True):
            z = F.linear(sample, self.weight, self.bias)
            output = heaviside(z)
            if ties_are_wrong:
                output = torch.where(z == 0, 1 - wanted, output)
            error = wanted - output
            self.weight += lr * error[:, None] * sample
            self.bias += lr * error
            wrong += int(error.count_nonzero())
        return wrong

    def fit(self, x: Tensor, y: Tensor, epochs: int = 1000, lr: float = 1.0) -> list[int]:
        """Call `learn` until every output is right, or `epochs` times; the wrong outputs of each.

        Where a hyperplane separates the classes it ends (Novikoff 1962); which of them is found
        depends on the order of the samples.
        """
        wrong: list[int] = []
        while len(wrong) < epochs and (not wrong or wrong[-1]):
            wrong.append(self.learn(x, y, lr))
        return wrong


def hand_set(weights: Sequence[Sequence[float]], biases: Sequence[float]) -> Perceptron:
    """A layer with these weights, a row for each unit, and biases."""
    layer = Perceptron(len(weights[0]), len(weights))
    layer.weight.copy_(torch.tensor(weights))
    layer.bias.copy_(torch.tensor(biases))
    return layer


# In the book's figure 10-3 a neuron fires when two of its inputs are active, a bias of -2 here; a
# weight is the number of connections from an input, below 0 if they inhibit.
_FIRES_AT_TWO = -2.0

# Nets for the inputs A and B, (n, 2), by what they compute.
LOGIC: dict[str, nn.Sequential] = {
    "A": nn.Sequential(hand_set([[2, 0]], [_FIRES_AT_TWO])),
    "A and B": nn.Sequential(hand_set([[1, 1]], [_FIRES_AT_TWO])),
    "A or B": nn.Sequential(hand_set([[2, 2]], [_FIRES_AT_TWO])),
    "A and not B": nn.Sequential(hand_set([[2, -2]], [_FIRES_AT_TWO])),
    # As before, with an A that is always active.
    "not B": nn.Sequential(hand_set([[0, -2]], [_FIRES_AT_TWO + 2])),
    # Exercise 2: (A and not B) or (B and not A).
    "A xor B": nn.Sequential(
        hand_set([[2, -2], [-2, 2]], [_FIRES_AT_TWO, _FIRES_AT_TWO]),
        hand_set([[2, 2]], [_FIRES_AT_TWO]),
    ),
    # The MLP of figure 10-6: A or B, unless A and B.
    "A xor B, by an MLP": nn.Sequential(
        hand_set([[1, 1], [1, 1]], [-1.5, -0.5]),
        hand_set([[-1, 1]], [-0.5]),
    ),
}
