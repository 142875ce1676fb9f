"""Chapter 11, exercise 8: twenty hidden layers on CIFAR-10.

Flatten, 20 times dense 100, dense 10; batches of 32, at most 100 epochs, early stopping with a
patience of 20 on `val_loss`. Documented figures are those of the best epoch on the validation set
(TensorFlow 2.4 edition). "Raw pixels" are ``scaling: none``, 0 to 255.
"""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.layers import MLP, AlphaDropout, he_normal, lecun_normal, mc_predict
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.schedules import OneCycleSchedule

TWENTY_LAYERS = (100,) * 20


@experiment
class CIFAR10Net(ClassifierCard):
    """Exercise 8 a and b: ELU and He's initializer on raw pixels; Nadam.

    Documented: best at epoch 27 of 47, val_loss 1.4960, val_accuracy .4762.

    Args:
        in_features: Number of values of an image.
        hidden: Widths of the hidden layers.
        lr: Learning rate.
    """

    in_features: int = 3072
    hidden: Sequence[int] = TWENTY_LAYERS
    lr: float = 5e-5

    optimizer = "nadam"

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "elu", he_normal)


@experiment
class CIFAR10BNNet(CIFAR10Net):
    """Exercise 8 c: with batch normalization of the raw pixels and before each ELU; Nadam.

    Claim: it reaches the plain net's best loss in about 5 epochs and ends better, in less time
    though each epoch takes longer. Documented: best of 49 epochs, val_loss 1.3344, val_accuracy
    .5398. The dense layers keep their bias: 520,498 parameters.

    Args:
        lr: Learning rate.
    """

    lr: float = 5e-4

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "elu",
            he_normal,
            norm="before",
            norm_first=True,
            norm_bias=True,
        )


@experiment
class CIFAR10SELUNet(CIFAR10Net):
    """Exercise 8 d: SELU and LeCun's initializer on standardized pixels; Nadam.

    Claim: it converges almost as fast as with batch normalization, at the cost of the plain net,
    and is about as good as that. Documented: best at epoch 8 of 28, val_loss 1.4633, val_accuracy
    .4792.

    Args:
        lr: Learning rate.
    """

    lr: float = 7e-4

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes, "selu", lecun_normal)


@experiment
class CIFAR10AlphaDropoutNet(CIFAR10Net):
    """Exercise 8 e: the SELU net with alpha dropout before the output layer; Nadam.

    Documented: best at epoch 8 of 28, val_loss 1.4805, val_accuracy .4890.

    Args:
        lr: Learning rate.
        rate: Share of the values that alpha dropout drops.
    """

    lr: float = 5e-4
    rate: float = 0.1

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(
            self.in_features,
            self.hidden,
            self.classes,
            "selu",
            lecun_normal,
            dropout=lambda: AlphaDropout(self.rate),
            first_dropout=len(self.hidden),
        )


@experiment
class CIFAR10MCDropoutNet(CIFAR10AlphaDropoutNet):
    """Exercise 8 e: the trained alpha dropout net, validated by Monte Carlo dropout too.

    A validation logs beside `val_loss` and `val_accuracy`, which are those with dropout off,
    `val_mc_loss` and `val_mc_accuracy` of the mean probabilities of many passes with dropout on.

    Claim: it gains nothing that matters. Documented, for 10 passes: .4892 (.4890 without).

    Args:
        samples: Number of passes, at least 1.

    Raises:
        ValueError: If `samples` is below 1.
    """

    samples: int = 10

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")
        super().__post_init__()

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Predict a batch in both ways."""
        x, labels = batch
        mean = mc_predict(self.net, x, self.samples).mean.to(labels.device)
        right = mean.argmax(dim=1) == labels
        self.log_dict(
            {
                "val_mc_loss": F.nll_loss(mean.log(), labels).float(),
                "val_mc_accuracy": right.float().mean(),
            },
            batch_size=len(labels),
        )
        return super().validation_step(batch, batch_idx)


@experiment
class CIFAR10OneCycleNet(CIFAR10AlphaDropoutNet, OneCycleSchedule):
    """Exercise 8 f: the net of e in batches of 128, SGD under 1cycle up to a rate of 0.05.

    Claim: 15 epochs of it are several times faster and better than all but batch normalization.
    Documented: val_loss 1.5912, val_accuracy .5198.

    Args:
        lr: Rate of the optimizer, which the schedule does not use.
    """

    lr: float = 1e-2

    optimizer = "sgd"


class ChannelsFirst(nn.Module):
    """Images (n, height, width, channels), or flattened ones, as convolutions want them."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__()
        self.shape = (height, width, channels)

    def forward(self, x: Tensor) -> Tensor:
        """The images, (n, channels, height, width)."""
        return x.reshape(-1, *self.shape).movedim(-1, 1)


@experiment
class CIFAR10ConvNet(ClassifierCard):
    """A small convolutional net, which the exercise says would do much better; Nadam.

    Three convolutions of 3 x 3 that halve the image, each with batch normalization and ReLU, the
    mean over what is left of the image, dense 10.

    Args:
        in_features: Number of values of an image.
        hidden: Numbers of channels.
        lr: Learning rate.
    """

    in_features: int = 3072
    hidden: Sequence[int] = (32, 64, 128)
    lr: float = 1e-3

    optimizer = "nadam"

    def make_net(self) -> nn.Module:
        """The layers."""
        layers: list[nn.Module] = [ChannelsFirst(32, 32, 3)]
        channels = 3
        for wider in self.hidden:
            layers += [
                nn.Conv2d(channels, wider, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(),
            ]
            channels = wider
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        return nn.Sequential(*layers, *pool, nn.Linear(channels, self.classes))
