"""A layer through which no gradient goes back."""

from torch import Tensor, nn


class StopGradient(nn.Module):
    """The identity, with a gradient of zero: what comes before it is not trained.

    The other way of freezing the lower layers, TensorFlow's ``tf.stop_gradient``: they keep their
    modes, so that a batch normalization among them goes on collecting statistics. Input and output
    have the same shape, any.

    >>> import torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> StopGradient()(x).requires_grad
    False
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, detached."""
        return input.detach()
