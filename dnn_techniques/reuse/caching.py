"""Outputs of frozen layers, computed once instead of in every epoch.

Chapter 11, "Reusing Pretrained Layers"; the notes call it caching the frozen layers.
"""

import torch
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dnn_techniques.data import Batches, ShuffledBlocks
from dnn_techniques.data.image_data import EVALUATION_BATCH_SIZE
from dnn_techniques.errors import InputError
from dnn_techniques.layers.dropout import DROPOUT_LAYERS, MCAlphaDropout, MCDropout
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.modules import Classifier


class CachedOutputs:
    """The outputs of a net's frozen first layers in the place of the images.

    The module's passes begin after these layers, and the loaders given to `put_into` hand out the
    outputs, until `release`.

    Args:
        module: The module; of its net the frozen layers are taken that come before the first one
            that is trained, in the mode in which they are now.
        precision: In which Lightning trains the module.

    Raises:
        InputError: If the outputs vary or nothing is frozen, see `frozen_prefix`.
    """

    def __init__(self, module: Classifier, precision: Precision) -> None:
        self.module = module
        self.precision = precision
        self.images: list[tuple[ShuffledBlocks | Batches, Tensor]] = []
        module.start = frozen_prefix(module)

    def put_into(self, loader: object) -> None:
        """Compute the outputs for a loader's images, if that is not done yet.

        Args:
            loader: Training or validation batches, `ShuffledBlocks` or `Batches`.

        Raises:
            InputError: If it is none of these.
        """
        if not isinstance(loader, ShuffledBlocks | Batches):
            raise InputError(f"caching needs the batches of ImageData, got {type(loader).__name__}")
        if any(loader is done for done, _ in self.images):
            return
        self.images.append((loader, loader.x))
        loader.x = self._outputs(loader.x)

    def release(self) -> None:
        """Put the images back."""
        for loader, images in self.images:
            loader.x = images
        self.module.start = 0

    @torch.no_grad()
    def _outputs(self, images: Tensor) -> Tensor:
        """Outputs for all images, on their device."""
        layers = nn.Sequential(*list(named_layers(self.module.net).values())[: self.module.start])
        outputs = []
        with self.precision.forward_context():
            for x in images.split(EVALUATION_BATCH_SIZE):
                x = self.precision.convert_input(x.to(self.module.device))
                outputs.append(layers(x).to(images.device))
        return torch.cat(outputs)


def frozen_prefix(module: Classifier) -> int:
    """Number of the net's first layers whose outputs for an image stay the same.

    These are the layers before the first one with weights that are trained, as long as none draws
    random numbers or depends on the rest of the batch.

    Raises:
        InputError: If no layer with weights is among them, or one of them comes after a layer that
            makes the outputs vary.
    """
    net = module.net
    if type(net).forward is not nn.Sequential.forward or (
        type(module).forward is not Classifier.forward
    ):
        raise InputError(
            f"caching needs a sequence of layers, which {type(module).__name__} has not"
        )
    layers = list(named_layers(net).items())
    trained = [any(p.requires_grad for p in layer.parameters()) for _, layer in layers]
    end = trained.index(True) if True in trained else len(layers)
    frozen = [i for i in range(end) if any(True for _ in layers[i][1].parameters())]
    if not frozen:
        raise InputError("caching: no layer is frozen below the first one that is trained")
    for i, (name, layer) in enumerate(layers[:end]):
        reason = _variation(layer)
        if reason and i < frozen[-1]:
            raise InputError(
                f"caching: {name} {reason}, so that the outputs of the frozen layers after it vary;"
                " train without caching, or without that layer"
            )
        if reason:
            return i
    return end


def _variation(layer: nn.Module) -> str | None:
    """Why the outputs of a layer vary from epoch to epoch, None if they do not."""
    for part in layer.modules():
        always = isinstance(part, MCDropout | MCAlphaDropout)
        if isinstance(part, DROPOUT_LAYERS) and part.p > 0 and (part.training or always):
            return "drops values at random"
        if isinstance(part, nn.RReLU) and part.training:
            return "has random slopes"
        if isinstance(part, _BatchNorm) and (part.training or part.running_mean is None):
            return "normalizes with the statistics of each batch"
    return None
