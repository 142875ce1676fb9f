"""What can be wrong with a run before it starts."""

import contextlib
import copy
import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace
from torch import Tensor
from torch.optim import SparseAdam
from torch.optim.lr_scheduler import LRScheduler

from dnn_techniques.data import ImageData, InMemoryData, TableData
from dnn_techniques.documents.documented import documented
from dnn_techniques.errors import InputError
from dnn_techniques.files import check_writable
from dnn_techniques.modules import BinaryClassifier, Experiment
from dnn_techniques.runs.checkpoint_file import check_finite, check_run, read_checkpoint
from dnn_techniques.runs.run_folder import check_digest
from dnn_techniques.runs.table_checks import check_kind, check_table
from dnn_techniques.runs.trainer_checks import check_trainer

MOST_FOLDERS = 20


def check_options(options: Namespace) -> None:
    """Refuse options of a run that cannot be, before anything is made.

    Raises:
        InputError: If there is one.
    """
    if not 0 <= options.seed_everything < 2**32:
        raise InputError(f"--seed_everything must be in [0, 2**32), got {options.seed_everything}")
    if options.documented is not None:
        documented(options.documented)
    if options.threads < 1:
        raise InputError(f"--threads must be at least 1, got {options.threads}")
    if options.threads > (most := max(64, os.cpu_count() or 1)):
        raise InputError(f"--threads must be at most {most}, got {options.threads}")
    check_name(str(options.experiment))
    if options.tensorflow is not None and any(epochs < 1 for epochs in options.tensorflow.fits):
        raise InputError(
            f"--tensorflow.fits must be numbers of epochs, at least 1: {options.tensorflow.fits}"
        )
    if options.replay and options.tensorflow is None:
        raise InputError(
            f"--replay: {options.experiment} does not know the random numbers of a documented"
            " run; --tensorflow.seed and --tensorflow.first_draw name them"
        )
    if options.perturbation and not options.replay:
        raise InputError("--perturbation changes a replayed run; give --replay too")
    if options.perturbation < 0:
        raise InputError(f"--perturbation must be at least 0, got {options.perturbation:g}")
    if options.lr_scheduler and not options.optimizer:
        raise InputError("--lr_scheduler needs the optimizer that it is for: --optimizer")
    if options.ckpt_path is not None and not Path(options.ckpt_path).is_file():
        raise InputError(f"--ckpt_path {options.ckpt_path}: no such file")
    accelerator = options.trainer.accelerator
    if accelerator in ("cuda", "gpu") and not torch.cuda.is_available():
        raise InputError(
            f"--trainer.accelerator {accelerator}: no CUDA device here; use auto or cpu"
        )
    check_trainer(options.trainer)
    check_writable(options.out)


def check_name(experiment: str) -> None:
    """Refuse a name that leads out of the folder of all runs.

    Raises:
        InputError: If it does.
    """
    name = PurePath(experiment)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise InputError(
            f"--experiment {experiment} is no name below --out; give one such as mine/first"
        )
    if len(name.parts) > MOST_FOLDERS:
        raise InputError(
            f"--experiment names {len(name.parts)} folders in each other; at most {MOST_FOLDERS}"
        )


def check_length(options: Namespace) -> None:
    """Refuse a training that would leave no epoch, but for a run that only measures reused weights.

    Raises:
        InputError: If the options of the Trainer say so.
    """
    trainer = options.trainer
    epochs, steps = trainer.max_epochs, trainer.max_steps
    if epochs == 0 and options.reuse:
        return
    if epochs == 0 or ((epochs is None or epochs < 0) and steps < 1):
        raise InputError(f"--trainer.max_epochs must be at least 1, got {epochs}")
    if steps == 0:
        raise InputError("--trainer.max_steps must be at least 1, got 0")
    if trainer.limit_train_batches == 0:
        raise InputError("--trainer.limit_train_batches must be above 0, got 0")


def check_test_part(part: float | None, data: InMemoryData) -> None:
    """Refuse a part of the test set, ``--trainer.limit_test_batches``, that has no batch.

    Raises:
        InputError: If it has none.
    """
    if isinstance(part, float) and 0 < part < 1:
        data.setup("test")
        batches = len(data.test_dataloader())
        if int(part * batches) < 1:
            raise InputError(f"--trainer.limit_test_batches {part}: of {batches} less than one")


def check_shapes(model: pl.LightningModule, data: pl.LightningDataModule) -> None:
    """Refuse a net whose inputs or outputs do not fit the images or the table.

    Raises:
        InputError: If they do not.
    """
    check_kind(model, data)
    if isinstance(data, TableData):
        check_table(model, data)
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


def check_schedule(module: Experiment) -> None:
    """Refuse an optimizer or a schedule that cannot be made.

    Raises:
        ValueError: If an argument of it is out of range.
    """
    optimizer = module.make_optimizer()
    with contextlib.suppress(RuntimeError):  # it asks for the Trainer, which is not there yet
        module.make_schedule(optimizer)


def check_own_optimizer(module: pl.LightningModule) -> None:
    """Refuse an ``--optimizer`` or a schedule of ``--lr_scheduler`` that cannot make a step.

    Raises:
        InputError: If it is one.
    """
    made: Any = module.configure_optimizers()
    if isinstance(made, dict):  # its schedule waits for a figure
        made = made["optimizer"]
    (optimizer,), schedules = made if isinstance(made, tuple) else ((made,), ())
    sparse = any(getattr(layer, "sparse", False) for layer in module.modules())
    if isinstance(optimizer, SparseAdam) and not sparse:
        raise InputError("--optimizer SparseAdam needs sparse gradients; this net has none")
    for schedule in schedules:
        _try_step(schedule)


def _try_step(schedule: LRScheduler) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):  # there was no step of the optimizer
            copy.deepcopy(schedule).step()  # the schedule itself is the training's
    except ArithmeticError as error:
        raise InputError(f"--lr_scheduler {type(schedule).__name__}: {error}") from error


def check_checkpoint(path: Path, model: pl.LightningModule) -> dict[str, Tensor]:
    """Refuse a checkpoint that is none, is damaged or another net's, or whose training diverged.

    Returns:
        Its weights.

    Raises:
        InputError: If it is one of these.
    """
    remedy = "give another --ckpt_path"
    saved = read_checkpoint(path, remedy)
    check_digest(path.absolute(), remedy)
    check_run(saved, path, remedy)
    weights: dict[str, Tensor] = saved["state_dict"]
    check_net(weights, path, model, remedy)
    check_finite(weights, path, remedy)
    return weights


def check_net(
    weights: Mapping[str, Tensor], path: Path, model: pl.LightningModule, remedy: str
) -> None:
    """Refuse weights that are not the model's.

    Raises:
        InputError: If names or shapes differ.
    """
    shapes = {name: value.shape for name, value in weights.items()}
    if shapes != {name: value.shape for name, value in model.state_dict().items()}:
        raise InputError(f"{path} holds the weights of another net than the model's; {remedy}")
