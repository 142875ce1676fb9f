"""Count parameters as Keras's `model.summary()` does."""

from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@dataclass(frozen=True)
class ParameterCount:
    """Numbers of parameters; the moving statistics of batch normalization are not trainable."""

    trainable: int
    non_trainable: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.trainable + self.non_trainable


def count_parameters(module: nn.Module) -> ParameterCount:
    """Count trainable and other parameters: frozen ones, BN's moving means and variances.

    >>> count_parameters(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))
    ParameterCount(trainable=12, non_trainable=4)
    """
    trainable = frozen = 0
    for parameter in module.parameters():
        if parameter.requires_grad:
            trainable += parameter.numel()
        else:
            frozen += parameter.numel()
    moving = sum(
        statistic.numel()
        for norm in module.modules()
        if isinstance(norm, _BatchNorm)
        for statistic in (norm.running_mean, norm.running_var)
        if statistic is not None
    )
    return ParameterCount(trainable, frozen + moving)
