"""Chapter 11, "Monte Carlo (MC) Dropout": a trained dropout net predicts better with dropout on.

Gal & Ghahramani, "Dropout as a Bayesian Approximation: Representing Model Uncertainty in Deep
Learning" (2016), https://arxiv.org/abs/1506.02142.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.layers import (
    MCAlphaDropout,
    MCDropout,
    MCPrediction,
    mc_model,
    mc_predict,
)
from dnn_techniques.modules.calibration import reliability
from dnn_techniques.modules.card import ClassifierCard, experiment
from dnn_techniques.modules.measured import Measured
from dnn_techniques.modules.regularization import AlphaDropoutNet, DropoutNet


@experiment
class MCTested(ClassifierCard, Measured):
    """A net with dropout, tested once with dropout off and over many passes with dropout on.

    A test logs beside `test_loss` and `test_accuracy`, which are those with dropout off:

    - `test_mc_loss`, `test_mc_accuracy`: cross-entropy and accuracy of the mean probabilities.
    - `test_ece`, `test_mc_ece`: expected calibration error of both.
    - `test_entropy_right`, `test_entropy_wrong`: mean entropy in nats of the mean probabilities
      where they classify rightly and wrongly.

    `measured` has the probabilities of the first test image: with dropout off, mean and standard
    deviation of the passes, and the mean over as many calls of the net's `mc_model`.

    Args:
        samples: Number of passes, at least 1.

    Raises:
        ValueError: If a value is out of range.
    """

    samples: int = 100

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")
        super().__post_init__()

    def on_test_epoch_start(self) -> None:
        """Start the collection of the predictions."""
        self.labels: list[Tensor] = []
        self.single: list[Tensor] = []
        self.passes: list[MCPrediction] = []

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Predict a batch in both ways."""
        figures = super().test_step(batch, batch_idx)
        x, labels = batch
        if batch_idx == 0:
            self.first_image = x[:1]
        self.labels.append(labels.cpu())
        self.single.append(self.probabilities(self(x)).cpu().double())
        self.passes.append(mc_predict(self.net, x, self.samples))
        return figures

    def on_test_epoch_end(self) -> None:
        """Log what the passes say, and keep what they say of the first image."""
        labels, single = torch.cat(self.labels), torch.cat(self.single)
        mean = torch.cat([p.mean for p in self.passes])
        entropy = torch.cat([p.entropy for p in self.passes])
        right = mean.argmax(dim=1) == labels
        self.log_dict(
            {
                "test_mc_loss": F.nll_loss(mean.log(), labels).float(),
                "test_mc_accuracy": right.float().mean(),
                "test_ece": reliability(single, labels).error,
                "test_mc_ece": reliability(mean, labels).error,
                "test_entropy_right": entropy[right].mean().float(),
                "test_entropy_wrong": entropy[~right].mean().float(),
            },
            batch_size=1,
        )
        self.measured = {
            "first image, dropout off": single[0].tolist(),
            f"first image, mean of {self.samples}": mean[0].tolist(),
            f"first image, std of {self.samples}": self.passes[0].std[0].tolist(),
            **self._of_mc_model(),
        }

    def _of_mc_model(self) -> dict[str, list[float]]:
        """Probabilities of the first image, mean over calls of the `mc_model` in inference mode."""
        model = mc_model(self.net).eval()
        passes = [self.probabilities(model(self.first_image))[0] for _ in range(self.samples)]
        dropout = next(m for m in model.modules() if isinstance(m, MCDropout | MCAlphaDropout))
        name = f"first image, {type(dropout).__name__} model, mean of {self.samples}"
        return {name: torch.stack(passes).double().mean(dim=0).tolist()}


@experiment
class MCDropoutNet(AlphaDropoutNet, MCTested):
    """The alpha dropout net, tested as `MCTested` says.

    Claim: the mean of many passes predicts no worse than one pass without dropout, and it knows
    better when it may be wrong. Documented for the net after 21 epochs, 100 passes over the test
    images of Fashion MNIST (TensorFlow 2.4 edition): accuracy .8661; the first image, an ankle
    boot, is one with probability .96 with dropout off, .68 on the mean of the passes and .61 on the
    mean of those of the model with `MCAlphaDropout`.
    """


@experiment
class MCELUDropoutNet(DropoutNet, MCTested):
    """The dropout net with ELU, tested as `MCTested` says.

    Claim (book): MC dropout boosts the dropout net without training it again. Documented for 100
    passes over the test images of Fashion MNIST: accuracy .8694 beside .868 with dropout off; the
    first image is an ankle boot with probability .99 with dropout off and .62 on the mean of the
    passes. How long the net was trained the book does not say.
    """
