"""What can be wrong with a run before it starts."""

import math
import pickle
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import BinaryClassifier
from dnn_techniques.reuse import Freezing


def check_trainer(trainer: Any, fit: bool) -> None:
    """Refuse Trainer options that cannot work here, or that leave an epoch without its figures.

    Raises:
        InputError: If there is one.
    """
    if trainer.accelerator in ("cuda", "gpu") and not torch.cuda.is_available():
        raise InputError(
            f"--trainer.accelerator {trainer.accelerator}: no CUDA device here; use auto or cpu"
        )
    if trainer.devices != 1:
        raise InputError(f"--trainer.devices must be 1, got {trainer.devices}")
    if not fit:
        return
    if trainer.max_epochs is None or trainer.max_epochs < 1:
        raise InputError(f"--trainer.max_epochs must be at least 1, got {trainer.max_epochs}")
    if trainer.gradient_clip_val is not None or trainer.accumulate_grad_batches != 1:
        raise InputError(
            "--trainer.gradient_clip_val and accumulate_grad_batches do not work here;"
            " a Classifier clips with its own clipping"
        )
    if str(trainer.precision) in ("16", "16-mixed"):
        raise InputError(
            f"--trainer.precision {trainer.precision} needs scaled losses, which no Classifier has;"
            " use bf16-mixed or 32-true"
        )
    whole_epochs = {
        "max_steps": -1,
        "check_val_every_n_epoch": 1,
    }
    for name, value in whole_epochs.items():
        if trainer[name] != value:
            raise InputError(f"--trainer.{name} must be {value}, got {trainer[name]}")
    for name in ("limit_train_batches", "limit_val_batches"):
        if trainer[name] == 0:
            raise InputError(f"--trainer.{name} must be above 0, got 0")


def check_shapes(model: pl.LightningModule, data: pl.LightningDataModule) -> None:
    """Refuse a net whose inputs or outputs do not fit the images.

    Raises:
        InputError: If they do not.
    """
    if not isinstance(data, ImageData):
        return
    facts = data.arrays.facts
    classes = len(data.class_names)
    if isinstance(model, BinaryClassifier) and classes != 2:
        raise InputError(
            f"{type(model).__name__} tells two classes apart, but {facts.name} has {classes} here;"
            " choose two, for example --data.classes [5,6]"
        )
    sizes = {"in_features": math.prod(facts.shape), "classes": classes}
    for name, size in sizes.items():
        if model.hparams.get(name, size) != size:
            raise InputError(
                f"model.{name} is {model.hparams[name]}, but {facts.name} has {size} here;"
                f" give --model.{name} {size}"
            )


def check_phases(trainer: pl.Trainer, model: pl.LightningModule) -> None:
    """Refuse phases of freezing that do not fit the net, or never begin.

    Raises:
        InputError: If there are any.
    """
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, Freezing):
            callback.check(model)
            last, epochs = callback.phases[-1].after, trainer.max_epochs
            if epochs is not None and last >= epochs:
                raise InputError(
                    f"phase after {last} epochs: it never begins, --trainer.max_epochs is {epochs}"
                )


def check_checkpoint(path: Path, model: pl.LightningModule) -> None:
    """Refuse a checkpoint that is none, or is another net's.

    Raises:
        InputError: If it is one of these.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except (pickle.UnpicklingError, RuntimeError, KeyError, TypeError, EOFError) as error:
        raise InputError(f"--ckpt_path {path} is no checkpoint of Lightning") from error
    shapes = {name: value.shape for name, value in weights.items()}
    if shapes != {name: value.shape for name, value in model.state_dict().items()}:
        raise InputError(f"--ckpt_path {path} holds the weights of another net than the model's")
