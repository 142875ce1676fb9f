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
        ValueError: If an argument is out of range; when called, if the input has neither 2 nor 3
            dimensions.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, decay: float = 0.99, eps: float = 1e-3) -> None:
        if num_features < 1:
            raise ValueError(f"num_features must be at least 1, got {num_features}")
        check_fraction(decay=decay)
        check_positive(eps=eps)
        super().__init__(num_features, eps=eps, momentum=1 - decay)
        self.decay = decay

    def forward(self, input: Tensor) -> Tensor:
        """Normalize with the batch's statistics in training, with the moving ones otherwise."""
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)
        output, _, _ = self.normalize(input)
        return output

    def normalize(self, input: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Normalize with the batch's statistics, and move the moving averages towards them.

        Returns:
            The output, the batch's mean and the inverse of its standard deviation, both
            (num_features,).
        """
        output, mean, inverse_std = torch.native_batch_norm(
            input, self.weight, self.bias, None, None, True, 0.0, self.eps
        )
        share = 1 - self.decay
        # Not lerp_, for which `torch.func` has no rule.
        self.running_mean.copy_(self.running_mean.lerp(mean, share))
        variance = inverse_std.pow(-2).sub_(self.eps).clamp(min=0)  # of the batch, biased
        self.running_var.copy_(self.running_var.lerp(variance, share))
        return output, mean, inverse_std

    def derivative(
        self,
        gradient: Tensor,
        input: Tensor,
        mean: Tensor,
        inverse_std: Tensor,
        wanted: tuple[bool, bool, bool],
    ) -> list[Tensor | None]:
        """Gradients of what `normalize` made its output from.

        Args:
            gradient: Of the output.
            input: As given to `normalize`.
            mean: As returned by it.
            inverse_std: As returned by it.
            wanted: Whether those of input, weight and bias are wanted.

        Returns:
            Gradients of input, weight and bias, None where not wanted.
        """
        gradients: list[Tensor | None] = torch.ops.aten.native_batch_norm_backward.default(
            gradient, input, self.weight, None, None, mean, inverse_std, True, self.eps, wanted
        )
        return gradients
