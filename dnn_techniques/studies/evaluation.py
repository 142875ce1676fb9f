"""Which images a trained net classifies rightly."""

import torch
from torch import Tensor

from dnn_techniques.data import Batches
from dnn_techniques.data.in_memory_data import EVALUATION_BATCH_SIZE
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.modules import Classifier


@torch.no_grad()
def right(module: Classifier, images: Batch) -> Tensor:
    """Which images are classified rightly in inference mode, bool, (n,).

    Args:
        module: The net, on the CPU.
        images: Images (n, *) and labels (n,).
    """
    module.eval()
    batches = Batches(*images, EVALUATION_BATCH_SIZE)
    return torch.cat([module.hits(module(x), labels) for x, labels in batches])


def accuracy(module: Classifier, images: Batch) -> float:
    """Share of the images that are classified rightly."""
    return right(module, images).float().mean().item()
