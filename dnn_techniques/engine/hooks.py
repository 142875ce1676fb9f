"""Whom the fast loop calls around a training step."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint, ProgressBar
from pytorch_lightning.trainer import call

from dnn_techniques.engine.conditions import overridden
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.engine.step_logs import StepLogs

START, END = "on_train_batch_start", "on_train_batch_end"

# Whose callbacks do nothing to the module around a step, log nothing and look at no gradient.
ONLOOKERS = ("pytorch_lightning.", "dnn_techniques.")

Hook = Callable[..., object]


class Onlookers:
    """Calls callbacks that only look on, while the module is prepared for several steps.

    They see every step, but for progress bars and checkpoints, to which those between two events
    make no difference.

    Args:
        trainer: The trainer.
        step: Makes a step.
        logs: Takes what the module logs.

    Attributes:
        step: Makes a step on a batch of a number, and says whether gradients have to be kept.
    """

    def __init__(self, trainer: pl.Trainer, step: FastStep, logs: StepLogs) -> None:
        self.trainer = trainer
        self.make_step = step
        self.step: Callable[[Any, int, bool], dict[str, Any]] = step
        self.logs = logs
        self.starts: list[Hook] = []
        self.ends: list[Hook] = []
        self.last_ends: list[Hook] = []
        for callback, name, hook in _hooks(trainer):
            hook = partial(hook, trainer, trainer.lightning_module)
            if name == START:
                self.starts.append(hook)
            elif _looks_at_last(callback):
                self.last_ends.append(hook)
            else:
                self.ends.append(hook)

    def __enter__(self) -> "Onlookers":
        """Prepare the module."""
        self.trainer._logger_connector.on_batch_start(None)  # `StepLogs` knows the batch
        self.logs.stand_in()
        self.make_step.__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        """Leave the module as it was."""
        self.make_step.__exit__(*args)
        self.logs.stand_aside()

    def start(self, batch: Any, index: int) -> object:
        """Before a step.

        Returns:
            -1 if the rest of the epoch is to be left out.
        """
        for hook in self.starts:
            hook(batch, index)
        return None

    def end(self, outputs: Any, batch: Any, index: int) -> None:
        """After a step."""
        for hook in self.ends:
            hook(outputs, batch, index)

    def last_end(self, outputs: Any, batch: Any, index: int) -> None:
        """After the last step for now."""
        for hook in self.last_ends:
            hook(outputs, batch, index)


class Others(Onlookers):
    """Calls whatever hooks there are as Lightning does; they find the module as it is.

    They may change it, log, or look at the gradients. So each step looks at the module anew.
    """

    def __enter__(self) -> "Others":
        """Leave the module as it is."""
        self.step = self._step
        return self

    def __exit__(self, *args: object) -> None:
        """Leave the module as it is."""

    def start(self, batch: Any, index: int) -> object:
        """Before a step."""
        self.trainer._logger_connector.on_batch_start(batch)
        call._call_callback_hooks(self.trainer, START, batch, index)
        return call._call_lightning_module_hook(self.trainer, START, batch, index)

    def _step(self, batch: Any, index: int, keep: bool) -> dict[str, Any]:
        self.logs.stand_in()
        try:
            with self.make_step as step:
                return step(batch, index)
        finally:
            self.logs.stand_aside()

    def end(self, outputs: Any, batch: Any, index: int) -> None:
        """After a step."""
        call._call_callback_hooks(self.trainer, END, outputs, batch, index)
        call._call_lightning_module_hook(self.trainer, END, outputs, batch, index)

    def last_end(self, outputs: Any, batch: Any, index: int) -> None:
        """All have been called."""


def around(trainer: pl.Trainer, step: FastStep, logs: StepLogs) -> Onlookers:
    """What calls the hooks that somebody has around a training step."""
    module = trainer.lightning_module
    others = any(overridden(module, pl.LightningModule, name) for name in (START, END))
    others |= not all(
        f"{getattr(hook, '__module__', '')}.".startswith(ONLOOKERS)
        for _, _, hook in _hooks(trainer)
    )
    return (Others if others else Onlookers)(trainer, step, logs)


def _hooks(trainer: pl.Trainer) -> list[tuple[pl.Callback, str, Hook]]:
    """The callbacks' hooks around a step, and their names."""
    return [
        (callback, name, getattr(callback, name))
        for callback in trainer.callbacks  # type: ignore[attr-defined]
        for name in (START, END)
        if overridden(callback, pl.Callback, name)
    ]


def _looks_at_last(callback: pl.Callback) -> bool:
    """Whether a callback does nothing after a step that is not the last before an event."""
    return isinstance(callback, ProgressBar) or (
        isinstance(callback, ModelCheckpoint)
        and callback._every_n_train_steps < 1
        and callback._train_time_interval is None
    )
