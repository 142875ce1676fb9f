"""Data augmentation: training images that are shifted, turned and lit a little differently.

The notes on chapter 11, "Data Augmentation"; Simard, Steinkraus & Platt, "Best Practices for
Convolutional Neural Networks Applied to Visual Document Analysis" (2003).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.checks import check_count, check_fraction, check_not_negative


class Augment(nn.Module):
    """Changes each image anew in training, and nothing in inference or where all limits are 0.

    For each image are drawn, uniformly and from torch's generator of the images' device, as the
    masks of dropout are: a shift of whole pixels in each direction, an angle, and a factor in
    [1 - lighting, 1 + lighting] for all of its pixels. What comes in from outside the image is 0.

    It belongs in front of a net whose inputs are pixels of one scale, ``unit`` or ``none`` of
    `Scaling`, where 0 is black: there the factor is the brightness. Inputs that were standardized
    pixel by pixel are changed too, but a shifted pixel then has the scale of another place, the
    border is filled with the mean image, and the factor is a contrast around that image.

    Maps (n, height, width), (n, height, width, channels) or, for square images of one channel,
    (n, height * width) to the same shape.

    Args:
        max_shift: Largest shift in pixels, a whole number.
        max_angle: Largest angle in degrees, to either side.
        lighting: Largest change of the brightness, as a share of it, in [0, 1).

    Raises:
        ValueError: If a limit is out of range; when called, if inputs are no images.

    Example:
        >>> augment = Augment(max_shift=2, max_angle=10, lighting=0.2)
        >>> images = torch.rand(32, 28, 28)
        >>> augment(images).shape, torch.equal(augment.eval()(images), images)
        (torch.Size([32, 28, 28]), True)
    """

    def __init__(self, max_shift: int = 0, max_angle: float = 0.0, lighting: float = 0.0) -> None:
        super().__init__()
        check_count(max_shift=max_shift)
        check_not_negative(max_angle=max_angle)
        check_fraction(lighting=lighting)
        self.max_shift = max_shift
        self.max_angle = max_angle
        self.lighting = lighting

    @property
    def changes(self) -> bool:
        """Whether it changes images, as it is now."""
        return self.training and bool(self.max_shift or self.max_angle or self.lighting)

    def forward(self, x: Tensor) -> Tensor:
        """The images, changed."""
        if not self.changes:
            return x
        n = len(x)
        shifts = torch.randint(-self.max_shift, self.max_shift + 1, (2, n), device=x.device)
        right, down = shifts.to(x.dtype)
        angle, light = x.new_empty(2, n).uniform_(-1, 1)
        images = as_images(x)
        if self.max_shift or self.max_angle:
            images = move(images, right, down, angle * math.radians(self.max_angle))
        images = images * (1 + self.lighting * light).view(n, 1, 1, 1)
        changed: Tensor = images.movedim(1, -1).reshape(x.shape)
        return changed

    def extra_repr(self) -> str:
        """The limits."""
        return (
            f"max_shift={self.max_shift}, max_angle={self.max_angle:g}, lighting={self.lighting:g}"
        )


def as_images(x: Tensor) -> Tensor:
    """Images of a shape that `Augment` takes, (n, channels, height, width).

    Raises:
        ValueError: If they have another one.
    """
    side = math.isqrt(x.shape[1:].numel())
    if x.ndim == 2 and x.shape[1] == side * side:
        return x.view(-1, 1, side, side)
    if x.ndim == 3:
        return x[:, None]
    if x.ndim == 4:
        return x.movedim(-1, 1)
    raise ValueError(
        "augmented inputs must be (n, height, width[, channels]), or (n, values) of square images,"
        f" got {tuple(x.shape)}"
    )


def move(images: Tensor, right: Tensor, down: Tensor, angle: Tensor) -> Tensor:
    """Shift images and turn them around their centre, between pixels by bilinear interpolation.

    Args:
        images: Images, (n, channels, height, width).
        right: How far to the right, in pixels, (n,).
        down: How far down, in pixels, (n,).
        angle: By how much to turn each image after that, clockwise, in radians, (n,).

    Returns:
        Images of the same shape; what comes in from outside is 0.
    """
    height, width = images.shape[-2:]
    cos, sin, right, down = (v.view(-1, 1, 1) for v in (angle.cos(), angle.sin(), right, down))
    dtype, device = images.dtype, images.device
    # In pixels from the centre, to the right and down.
    x = torch.arange(width, dtype=dtype, device=device) - (width - 1) / 2
    y = torch.arange(height, dtype=dtype, device=device)[:, None] - (height - 1) / 2
    # Where each pixel is taken from; grid_sample counts from -1 to 1 in both directions.
    from_x = cos * x + sin * y - right
    from_y = cos * y - sin * x - down
    grid = torch.stack([from_x * (2 / width), from_y * (2 / height)], dim=-1)
    return F.grid_sample(images, grid, align_corners=False)
