"""Callbacks of the options with which a run would crash, or train otherwise than it says."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BackboneFinetuning, BatchSizeFinder, LearningRateFinder
from pytorch_lightning.utilities.model_helpers import is_overridden

from dnn_techniques.data import InMemoryData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Experiment
from dnn_techniques.reuse import Freezing

# Where a module may log.
LOGGING = (
    "training_step",
    "validation_step",
    "on_train_epoch_end",
    "on_validation_epoch_end",
)


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


def are_known(callbacks: Sequence[pl.Callback]) -> bool:
    """Whether no callback is of the user's own: one may log whatever it likes."""
    ours = ("pytorch_lightning.", "dnn_techniques.")
    return all(f"{type(callback).__module__}.".startswith(ours) for callback in callbacks)


def check_monitors(
    waiting: Sequence[tuple[str, str | None]],
    module: Experiment,
    data: InMemoryData,
    validates: bool,
) -> None:
    """Refuse what waits for a figure that the training does not log.

    Modules with steps or hooks of their own, too, may log whatever they like.

    Args:
        waiting: Names of callbacks and schedules, and the figures that they wait for, if any.
        module: What logs them.
        data: What it trains on.
        validates: Whether there are validations.

    Raises:
        InputError: If there is one.
    """
    known = {None, "loss", "epoch", "step"} | ({"val_loss"} if validates else set())
    if all(monitor in known for _, monitor in waiting):
        return
    if any(getattr(type(module), hook) is not getattr(Experiment, hook) for hook in LOGGING):
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
