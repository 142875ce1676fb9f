"""Batch normalization with the statistics of Keras."""

import torch
from torch import Tensor, nn

from dnn_techniques.checks import check_fraction, check_positive


class KerasBatchNorm1d(nn.BatchNorm1d):
    """Batch normalization (Ioffe & Szegedy 2015) as `tf.keras.layers.BatchNormalization` does it.

    Three things differ from `nn.BatchNorm1d`: the moving averages keep 0.99 of their old value
    instead of 0.9, eps is 1e-3 instead of 1e-5, and the moving variance takes the biased variance
    of the batch (divided by n, not n - 1). A batch of one sample is normalized to zero, as in
    Keras, where torch raises.

    Input and output have shape (n, num_features) or (n, num_features, length).

    Args:
        num_features: Number of features C.
        decay: Share of the old moving average that a training step keeps, in [0, 1); Keras calls it
            ``momentum``, torch's ``momentum`` is ``1 - decay``.
        eps: Added to the variance, above 0.

    Raises:
        ValueError: If `decay` or `eps` is out of range; when called, if the input has neither 2 nor
            3 dimensions.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, decay: float = 0.99, eps: float = 1e-3) -> None:
        check_fraction(decay=decay)
        check_positive(eps=eps)
        super().__init__(num_features, eps=eps, momentum=1 - decay)
        self.decay = decay

    def forward(self, input: Tensor) -> Tensor:
        """Normalize with the batch's statistics in training, with the moving ones otherwise."""
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)
        # With momentum 1 the operator leaves the batch's mean and unbiased variance in these two;
        # torch.var_mean would cost several times the normalization. F.batch_norm, which wraps the
        # operator, would refuse a batch of one sample.
        mean, var = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        output = torch.batch_norm(
            input,
            self.weight,
            self.bias,
            mean,
            var,
            True,
            1.0,
            self.eps,
            torch.backends.cudnn.enabled,
        )
        n = input.numel() // self.num_features
        with torch.no_grad():
            biased = var * ((n - 1) / n) if n > 1 else torch.zeros_like(var)
            # torch.func has no batching rule for lerp_.
            self.running_mean.add_(mean - self.running_mean, alpha=1 - self.decay)
            self.running_var.add_(biased - self.running_var, alpha=1 - self.decay)
        return output
