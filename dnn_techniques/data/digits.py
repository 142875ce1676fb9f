"""scikit-learn's bundled digits in the format of MNIST: the last resort without a network."""

import numpy as np
import torch
import torch.nn.functional as F

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.documents.catalog import IMAGES

TRAIN_ORIGINALS = 1500
TRAIN_COPIES = 40
TEST_IMAGES = 10_000
MAX_ROTATION = 15.0
MAX_SHIFT = 2.0


def load_digits(stands_in_for: str | None = None) -> ImageArrays:
    """Make 60,000 training and 10,000 test images of 28x28 from 1,797 scans of 8x8.

    Each image is an original, enlarged, turned by up to 15 degrees and shifted by up to 2 pixels;
    turns and shifts come from a fixed seed. Training images come from the first 1,500 originals,
    40 in a row from each, so that the first 5,000 (the validation set) share no original with the
    others; test images come from the other 297.

    Args:
        stands_in_for: Name of the data set that this one replaces, if it does.
    """
    from sklearn.datasets import load_digits as load_bundled

    bundled = load_bundled()
    labels = bundled.target.astype(np.int64)
    train = np.arange(TRAIN_ORIGINALS).repeat(TRAIN_COPIES)
    test = np.resize(np.arange(TRAIN_ORIGINALS, len(labels)), TEST_IMAGES)
    originals = torch.from_numpy(bundled.images).float() / 16
    generator = torch.Generator().manual_seed(0)
    return ImageArrays(
        facts=IMAGES["digits"],
        source="scikit-learn's bundled digits, enlarged, turned and shifted",
        x_train=_vary(originals[train], generator),
        y_train=labels[train],
        x_test=_vary(originals[test], generator),
        y_test=labels[test],
        stands_in_for=stands_in_for,
    )


def _vary(images: torch.Tensor, generator: torch.Generator) -> np.ndarray:
    """Turn, shift and enlarge images of shape (n, 8, 8) with values in [0, 1] to uint8 (n, 28, 28).

    The 8x8 scan fills 20x20 pixels of the 28x28, as the digits of MNIST do.
    """
    n = len(images)
    turn, right, down = (torch.rand(3, n, generator=generator) * 2 - 1).unbind()
    angle = torch.deg2rad(turn * MAX_ROTATION)
    zoom = 28 / 20
    shift = torch.stack([right, down], dim=1) * MAX_SHIFT / 14
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0] = matrix[:, 1, 1] = zoom * angle.cos()
    matrix[:, 1, 0] = zoom * angle.sin()
    matrix[:, 0, 1] = -matrix[:, 1, 0]
    matrix[:, :, 2] = -zoom * shift
    grid = F.affine_grid(matrix, [n, 1, 28, 28], align_corners=False)
    moved = F.grid_sample(images[:, None], grid, align_corners=False)
    return (moved[:, 0] * 255).round().to(torch.uint8).numpy()
