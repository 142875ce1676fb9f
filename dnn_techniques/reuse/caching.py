"""Outputs of frozen layers, computed once instead of in every epoch.

Chapter 11, "Reusing Pretrained Layers"; the notes call it caching the frozen layers.
"""

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.data.in_memory_data import EVALUATION_BATCH_SIZE
from dnn_techniques.errors import InputError
from dnn_techniques.layers.augmentation import Augment
from dnn_techniques.layers.dropout import DROPOUT_LAYERS, MCAlphaDropout, MCDropout
from dnn_techniques.layers.named_layers import named_layers, net_of


class CachedOutputs:
    """The outputs of a net's frozen first layers in the place of the images.

    The loaders given to `put_into` hand out the outputs, which these layers then let through as
    they are, until `release`. The module must hand the images of a batch to its net unchanged.

    Args:
        module: A module with a `net`; of this the frozen layers are taken that come before the
            first one that is trained, in the mode in which they are now.
        precision: In which Lightning trains the module.

    Raises:
        InputError: If the outputs vary or nothing is frozen, see `frozen_prefix`.
    """

    def __init__(self, module: pl.LightningModule, precision: Precision) -> None:
        self.device = module.device
        self.precision = precision
        net = net_of(module)
        self.layers = list(named_layers(net).values())[: frozen_prefix(net)]
        self.images: list[tuple[ShuffledBatches | Batches, Tensor]] = []

    def put_into(self, loader: object) -> None:
        """Compute the outputs for a loader's images, if that is not done yet.

        Args:
            loader: Training or validation batches, `ShuffledBatches` or `Batches`.

        Raises:
            InputError: If it is none of these.
        """
        if not isinstance(loader, ShuffledBatches | Batches):
            raise InputError(f"caching needs the batches of ImageData, got {type(loader).__name__}")
        if any(loader is done for done, _ in self.images):
            return
        self._work()
        outputs = self._outputs(loader.x)
        self.images.append((loader, loader.x))
        loader.x = outputs
        for layer in self.layers:
            layer.forward = identity
        if isinstance(loader, ShuffledBatches):
            self._watch_for(outputs)

    def release(self) -> None:
        """Put the images back, and let the layers work again."""
        self._work()
        for loader, images in self.images:
            loader.x = images
        self.images.clear()

    def _work(self) -> None:
        for layer in self.layers:
            vars(layer).pop("forward", None)

    @torch.no_grad()
    def _outputs(self, images: Tensor) -> Tensor:
        """Outputs for all images, on their device."""
        layers = nn.Sequential(*self.layers)
        outputs = []
        with self.precision.forward_context():
            for x in images.split(EVALUATION_BATCH_SIZE):
                x = self.precision.convert_input(x.to(self.device))
                outputs.append(layers(x).to(images.device))
        return torch.cat(outputs)

    def _watch_for(self, outputs: Tensor) -> None:
        """See to it that the net is given these outputs in training, not something made of them.

        The first layer looks, once. A hook would do, too; but the engine lets autograd pass layers
        with hooks, which rounds differently, and a resumed run has to look again.
        """
        layer = self.layers[0]

        def check(x: Tensor) -> Tensor:
            first = x[:1].to(outputs)
            if first.shape[1:] != outputs.shape[1:] or not (
                (outputs == first).flatten(1).all(dim=1).any()
            ):
                raise InputError(
                    "caching: the module changes the images of a batch before its net gets them;"
                    " train without caching, or change them in the data"
                )
            layer.forward = identity
            return x

        layer.forward = check


def identity(x: Tensor) -> Tensor:
    """What a layer does whose outputs are cached: its input is its output already."""
    return x


def frozen_prefix(net: nn.Module) -> int:
    """Number of the net's first layers whose outputs for an image stay the same.

    These are the layers before the first one with weights that are trained, as long as none draws
    random numbers or depends on the rest of the batch.

    Raises:
        InputError: If the net is no sequence of layers, no layer with weights is among them, or one
            of them comes after a layer that makes the outputs vary.
    """
    if type(net).forward is not nn.Sequential.forward:
        raise InputError(f"caching needs a sequence of layers, got {type(net).__name__}")
    layers = list(named_layers(net).items())
    if len({layer for _, layer in layers}) < _places(net):
        raise InputError("caching: a layer stands at two places of the net; make it a layer each")
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


def _places(net: nn.Module) -> int:
    """Number of layers of a sequence and of those in it, each as often as it is passed."""
    if not isinstance(net, nn.Sequential) or type(net).forward is not nn.Sequential.forward:
        return 1
    return sum(_places(layer) for layer in net)


def _variation(layer: nn.Module) -> str | None:
    """Why the outputs of a layer vary from epoch to epoch, None if they do not."""
    for part in layer.modules():
        always = isinstance(part, MCDropout | MCAlphaDropout)
        if isinstance(part, DROPOUT_LAYERS) and part.p > 0 and (part.training or always):
            return "drops values at random"
        if isinstance(part, Augment) and part.changes:
            return "changes images at random"
        if isinstance(part, nn.RReLU) and part.training:
            return "has random slopes"
        if isinstance(part, _BatchNorm) and (part.training or part.running_mean is None):
            return "normalizes with the statistics of each batch"
    return None
