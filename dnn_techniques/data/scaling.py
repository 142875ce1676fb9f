"""How pixel values are brought to the range that a net is trained on."""

from typing import Literal, get_args

import torch
from torch import Tensor

from dnn_techniques.errors import InputError

ScalingName = Literal["unit", "standardize", "none"]


class Scaling:
    """Map pixels 0..255 to floats of the same shape.

    ``unit`` divides by 255. ``standardize`` subtracts from each feature the mean of the training
    split and divides by its (biased) standard deviation, as the notebook does; a feature that is
    constant there becomes 0, since its deviation says nothing. ``none`` keeps 0..255.

    Args:
        name: Which of the three.
        train: Images of the training split, (n, *), for the statistics.

    Raises:
        InputError: If the name is none of the three.
    """

    def __init__(self, name: ScalingName, train: Tensor) -> None:
        if name not in get_args(ScalingName):
            raise InputError(
                f"scaling must be one of {', '.join(get_args(ScalingName))}, got {name!r}"
            )
        self.shift = torch.zeros(())
        self.scale = torch.ones(())
        if name == "unit":
            self.scale = torch.tensor(255.0)
        elif name == "standardize":
            variance, self.shift = torch.var_mean(train.float(), dim=0, correction=0)
            constant = (train == train[0]).all(dim=0)
            self.scale = torch.where(constant, 1.0, variance.sqrt())

    def __call__(self, images: Tensor) -> Tensor:
        """Scale images of shape (n, *) to float32."""
        scaled = images.to(torch.float32, copy=True)
        return scaled.sub_(self.shift).div_(self.scale)  # a data set is large: one copy is enough
