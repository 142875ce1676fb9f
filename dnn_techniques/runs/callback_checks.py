"""Callbacks of the options with which a run would crash, or train otherwise than it says."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace
from pytorch_lightning.callbacks import BackboneFinetuning, BatchSizeFinder, LearningRateFinder
from pytorch_lightning.utilities.model_helpers import is_overridden

from dnn_techniques.data import InMemoryData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Experiment
from dnn_techniques.reuse import Freezing

# Where a module may log, and packages of which it is known what their callbacks log.
HOOKS = ("training_step", "validation_step", "on_train_epoch_end", "on_validation_epoch_end")
OURS = ("pytorch_lightning.", "dnn_techniques.")


def check_callbacks(callbacks: Sequence[pl.Callback], model: pl.LightningModule) -> None:
    """Refuse callbacks that cannot work here, and two that a checkpoint could not tell apart.

    Raises:
        InputError: If there are any.
    """
    seen = set()
    for callback in callbacks:
        name = type(callback).__name__
        if isinstance(callback, LearningRateFinder | BatchSizeFinder):
            raise InputError(
                f"{name} changes what the run's settings say; use find-lr, or --data.batch_size"
            )
        if isinstance(callback, BackboneFinetuning) and not hasattr(model, "backbone"):
            raise InputError(
                f"{name} needs a module with a `backbone`; Freezing freezes layers by their names"
            )
        if is_overridden("state_dict", callback, pl.Callback) and callback.state_key in seen:
            raise InputError(
                f"--trainer.callbacks: a checkpoint cannot tell two {name} apart; leave one out, or"
                f" replace the experiment's own by --trainer.callbacks={name}, without +"
            )
        seen.add(callback.state_key)


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


def check_monitors(
    callbacks: Sequence[pl.Callback], options: Namespace, module: Experiment, data: InMemoryData
) -> None:
    """Refuse callbacks and a schedule that wait for a figure that the training does not log.

    Callbacks of the user's own, and modules with steps or hooks of their own, may log whatever they
    like: then nothing is refused.

    Raises:
        InputError: If there is one.
    """
    validates = options.trainer.limit_val_batches != 0
    waiting = _waiting(callbacks, options.lr_scheduler)
    known = {None, "loss", "epoch", "step"} | ({"val_loss"} if validates else set())
    if all(monitor in known for _, monitor in waiting):
        return
    foreign = any(not f"{type(c).__module__}.".startswith(OURS) for c in callbacks)
    if foreign or any(
        getattr(type(module), hook) is not getattr(Experiment, hook) for hook in HOOKS
    ):
        return
    data.setup("validate")  # not the training images: a data set may be large
    batch = next(iter(data.val_dataloader()))
    with torch.random.fork_rng([]), torch.no_grad():
        names = module.eval().figures(batch)
    module.train()
    logged = [*names, *(f"val_{name}" for name in names if validates)]
    # The callbacks `PrintedMeans` and `StopAtChecks` log these.
    known |= {f"{prefix}_{name}" for name in names for prefix in ("printed", "train")}
    for name, monitor in waiting:
        if monitor not in known and monitor not in logged:
            raise InputError(
                f"{name}.monitor {monitor}: {type(module).__name__} logs {', '.join(logged)}"
            )


def _waiting(
    callbacks: Sequence[pl.Callback], lr_scheduler: Namespace | None
) -> list[tuple[str, str | None]]:
    """Names of callbacks and of a schedule, and the figure that each waits for, if any."""
    waiting = [(type(c).__name__, getattr(c, "monitor", None)) for c in callbacks]
    if lr_scheduler:
        name = lr_scheduler.class_path.rpartition(".")[2]
        waiting.append((name, (lr_scheduler.get("init_args") or {}).get("monitor")))
    return waiting
