"""Chapter 11, "Gradient Clipping": against exploding gradients.

Pascanu, Mikolov & Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013),
https://arxiv.org/abs/1211.5063.
"""

from torch.optim import Optimizer

from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.optim import Clipping, KerasSGD


class ClippedNet(Classifier):
    """A deep ELU net whose learning rate is too high for it, unless its gradients are clipped.

    Claim: clipping keeps the gradients from exploding. Clipping by value may turn the gradient
    ([0.9, 100] becomes [0.9, 1]), clipping by norm keeps its direction.

    Args:
        in_features: Number of pixels of an image.
        depth: Number of hidden layers.
        units: Width of each.
        classes: Number of classes.
        lr: Learning rate of SGD.
        momentum: Momentum of SGD.
        clipping: How to clip, if at all.
    """

    def __init__(
        self,
        in_features: int = 784,
        depth: int = 20,
        units: int = 100,
        classes: int = 10,
        lr: float = 0.03,
        momentum: float = 0.9,
        clipping: Clipping | None = None,
    ) -> None:
        net = MLP(in_features, [units] * depth, classes, "elu", he_normal)
        super().__init__(net, clipping=clipping)
        self.save_hyperparameters()
        self.lr = lr
        self.momentum = momentum

    def make_optimizer(self) -> Optimizer:
        """SGD with momentum."""
        return KerasSGD(self.parameters(), self.lr, self.momentum)
