"""The notes on chapter 11, "Data Augmentation": images changed as no human would notice."""

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

from dnn_techniques.layers import MLP, Augment, he_normal
from dnn_techniques.modules.card import ClassifierCard, experiment


@experiment
class AugmentedNet(ClassifierCard):
    """(Augmentation,) dense 300, ELU, dense 100, ELU, dense 10.

    He's initializer, Nadam. With ``augment`` every training image is changed anew each time, as
    `Augment` says; its inputs are pixels of one scale (``scaling: unit``).

    Claim: training images that are slightly turned or lit differently make a net more tolerant to
    such changes, and prevent overfitting. The notes print no figures, and name no amounts.

    A test logs beside `test_loss` and `test_accuracy` the accuracy on test images that are changed
    in the same way, `test_changed_accuracy`: with the same draws for every net.

    Args:
        augment: Whether training images are changed.
        max_shift: Largest shift in pixels.
        max_angle: Largest angle in degrees.
        lighting: Largest change of the brightness, as a share of it.

    Raises:
        ValueError: If a limit is out of range.
    """

    augment: bool = False
    max_shift: int = 1
    max_angle: float = 5.0
    lighting: float = 0.1

    optimizer = "nadam"

    def make_augmentation(self) -> Augment:
        """What changes the images."""
        return Augment(self.max_shift, self.max_angle, self.lighting)

    def make_net(self) -> nn.Module:
        """The layers."""
        augmentation = self.make_augmentation()  # which checks the limits
        net = MLP(self.in_features, self.hidden, self.classes, "elu", he_normal)
        if not self.augment:
            return net
        return nn.Sequential(OrderedDict([("augment", augmentation), *net.named_children()]))

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Loss and metrics of a batch as it is, and the accuracy on changed images."""
        figures = super().test_step(batch, batch_idx)
        x, labels = batch
        with torch.random.fork_rng(range(torch.cuda.device_count())):
            torch.manual_seed(batch_idx)
            changed = self.make_augmentation()(x)
        accuracy = self.hits(self(changed), labels).float().mean()
        self.log("test_changed_accuracy", accuracy, sync_dist=True, batch_size=len(labels))
        return figures
