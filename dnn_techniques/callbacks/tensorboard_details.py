"""Weights, gradients and images for TensorBoard, beside the curves that every run writes there."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from dnn_techniques.modules.experiment import Experiment

IMAGES = 16


class TensorBoardDetails(pl.Callback):
    """Writes histograms of all weights, gradient norms by layer and the first images.

    After each epoch: a histogram of each parameter, and under ``gradient_norm`` the Euclidean norm
    of its gradient on the epoch's last minibatch, at the weights after its step. How gradients
    shrink or grow from layer to layer is what chapter 11 begins with. Once: the first 16 validation
    images, their values brought to 0 to 1.

    The training is the same with it as without. A run without TensorBoard has nowhere to write.

    Example::

        python -m dnn_techniques fit -c chapter10/fashion_mlp --experiment rates/high \
            --model.lr 0.05 --trainer.callbacks+ dnn_techniques.callbacks.TensorBoardDetails
        tensorboard --logdir runs/rates
    """

    def __init__(self) -> None:
        self.batch: Any = None
        self.drawn = False

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Keep the minibatch."""
        self.batch = batch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write what there is."""
        writers = [x.experiment for x in trainer.loggers if isinstance(x, TensorBoardLogger)]
        if not writers or not trainer.is_global_zero or not isinstance(pl_module, Experiment):
            return
        norms = gradient_norms(pl_module, self.batch)
        for writer in writers:
            for name, parameter in pl_module.net.named_parameters():
                writer.add_histogram(name, parameter.detach(), trainer.current_epoch)
            for name, norm in norms.items():
                writer.add_scalar(f"gradient_norm/{name}", norm, trainer.current_epoch)
            if not self.drawn and trainer.val_dataloaders is not None:
                draw_images(writer, next(iter(trainer.val_dataloaders))[0])
        self.drawn, self.batch = True, None


def gradient_norms(module: Experiment, batch: Any) -> dict[str, float]:
    """Norm of the gradient of each parameter that is trained, by name.

    Dropout drops as in training, and moving averages and random numbers stay as they were.

    Args:
        module: In training mode.
        batch: Inputs and targets.
    """
    trained = {name: p for name, p in module.net.named_parameters() if p.requires_grad}
    kept = [(buffer, buffer.clone()) for buffer in module.net.buffers()]
    devices = [module.device] if module.device.type == "cuda" else []
    with torch.random.fork_rng(devices), torch.enable_grad():
        loss = module.figures(batch)["loss"]
        found = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
    with torch.no_grad():
        for buffer, before in kept:
            buffer.copy_(before)
    pairs = zip(trained, found, strict=True)
    return {name: float(gradient.norm()) for name, gradient in pairs if gradient is not None}


def draw_images(writer: SummaryWriter, inputs: Any) -> None:
    """Write the first of images (n, height, width) or (n, height, width, 3), nothing of others."""
    if not isinstance(inputs, Tensor) or inputs.ndim not in (3, 4):
        return
    images = inputs[:IMAGES].detach().float().cpu()
    images = images[..., None] if images.ndim == 3 else images
    if images.shape[-1] in (1, 3):
        low, high = images.min(), images.max()
        images = (images - low) / (high - low).clamp(min=1e-12)
        writer.add_images("first_images", images, dataformats="NHWC")
