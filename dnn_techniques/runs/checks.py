"""What can be wrong with a run before it starts."""

import contextlib
import copy
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace
from pytorch_lightning.utilities.model_helpers import is_overridden
from torch import Tensor

from dnn_techniques.data import ImageData, InMemoryData, TableData
from dnn_techniques.documents.documented import documented
from dnn_techniques.errors import InputError
from dnn_techniques.files import check_writable
from dnn_techniques.modules import BinaryClassifier, Experiment
from dnn_techniques.reuse import Freezing
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


def check_own_schedule(module: pl.LightningModule) -> None:
    """Refuse a schedule of ``--lr_scheduler`` that cannot make a step.

    Raises:
        InputError: If it is one.
    """
    made: Any = module.configure_optimizers()
    if not isinstance(made, tuple):  # it waits for a figure
        return
    _, (schedule,) = made
    try:
        with warnings.catch_warnings(action="ignore"):  # there was no step of the optimizer
            copy.deepcopy(schedule).step()  # the schedule itself is the training's
    except ArithmeticError as error:
        raise InputError(f"--lr_scheduler {type(schedule).__name__}: {error}") from error


def check_phases(
    callbacks: Sequence[pl.Callback], epochs: int | None, model: pl.LightningModule
) -> None:
    """Refuse phases of freezing that do not fit the net, or never begin.

    Raises:
        InputError: If there are any.
    """
    for callback in callbacks:
        if isinstance(callback, Freezing):
            callback.check(model)
            last = callback.phases[-1].after
            if epochs is not None and 0 <= epochs <= last:
                raise InputError(
                    f"phase after {last} epochs: it never begins, --trainer.max_epochs is {epochs}"
                )


def check_twice(callbacks: Sequence[pl.Callback]) -> None:
    """Refuse two callbacks whose states a checkpoint could not tell apart.

    Raises:
        InputError: If there are two.
    """
    seen = set()
    for callback in callbacks:
        name = type(callback).__name__
        if is_overridden("state_dict", callback, pl.Callback) and callback.state_key in seen:
            raise InputError(
                f"--trainer.callbacks has {name} twice; --trainer.callbacks={name}, without +,"
                " replaces the experiment's own"
            )
        seen.add(callback.state_key)


def check_monitors(
    callbacks: Sequence[pl.Callback], module: Experiment, data: InMemoryData
) -> None:
    """Refuse a callback that waits for a figure that the training does not log.

    Modules that log by a hook, too, may log whatever they like.

    Raises:
        InputError: If there is one.
    """
    monitors = [(type(c).__name__, getattr(c, "monitor", None)) for c in callbacks]
    always = (None, "loss", "val_loss")
    if all(monitor in always for _, monitor in monitors) or is_overridden(
        "on_validation_epoch_end", module
    ):
        return
    data.setup("validate")  # not the training images: a data set may be large
    batch = next(iter(data.val_dataloader()))
    with torch.random.fork_rng([]), torch.no_grad():
        names = module.eval().figures(batch)
    module.train()
    logged = [*names, *(f"val_{name}" for name in names)]
    for callback, monitor in monitors:
        if monitor is not None and monitor not in logged:
            raise InputError(
                f"{callback}.monitor {monitor}: {type(module).__name__} logs {', '.join(logged)}"
            )


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
