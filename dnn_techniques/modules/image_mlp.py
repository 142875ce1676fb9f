"""Chapter 10: the first image classifier, and the same net with a rate that warms up."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from dnn_techniques.checks import check_not_negative
from dnn_techniques.layers import MLP
from dnn_techniques.modules.card import HIDDEN, ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured
from dnn_techniques.optim.schedules import WarmUp


@experiment
class ImageMLP(ClassifierCard):
    """Dense 300, ReLU, dense 100, ReLU, dense 10: the book's first net; without layers, linear.

    Glorot's initializer, Keras's default, and SGD. Documented on Fashion MNIST: val_loss .4973 and
    val_accuracy .8366 after 1 epoch, .2999 and .8926 after 30; test_loss .3340, test_accuracy
    .8851. Parameters: 266,610. Claim: trained on, it reaches a validation accuracy close to 89.4%.

    Args:
        hidden: Widths of the hidden layers; none for a linear model.
        lr: Learning rate of SGD.
    """

    hidden: Sequence[int] = HIDDEN
    lr: float = 0.01

    def make_net(self) -> nn.Module:
        """The layers."""
        return MLP(self.in_features, self.hidden, self.classes)


@experiment
class PredictingMLP(ImageMLP, Measured):
    """The trained net, which says what the first three test images are.

    "Using the model to make predictions". After a test `measured` has the probabilities of each.
    Documented: an ankle boot with probability .96, a pullover with .98, trousers with 1.00.
    """

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Figures of a batch; of the first one the probabilities too."""
        if batch_idx == 0:
            probabilities = self.probabilities(self(batch[0][:3])).tolist()
            names = ("first image", "second image", "third image")
            self.measured = dict(zip(names, probabilities, strict=False))
        return super().test_step(batch, batch_idx)


@experiment
class WarmUpMLP(ImageMLP):
    """The same net for large minibatches: the rate grows linearly in the first epochs.

    "Learning Rate, Batch Size, and Other Hyperparameters"; Hoffer et al. (2017), Goyal et al.
    (2017). Claim: with warm-up large batches train fast and generalize as well as small ones.

    Args:
        warm_up: Number of epochs until the rate is `lr`; may be 0.

    Raises:
        ValueError: If `warm_up` is below 0.
    """

    warm_up: int = 5

    def __post_init__(self) -> None:
        check_not_negative(warm_up=self.warm_up)
        super().__post_init__()

    def make_schedule(self, optimizer: Optimizer) -> LambdaLR:
        """The rate of each step."""
        return LambdaLR(optimizer, WarmUp(self.warm_up * self.steps_per_epoch()))
