"""Giving a Trainer the fast loop."""

from collections.abc import Callable

import pytorch_lightning as pl

from dnn_techniques import terminal
from dnn_techniques.engine.epoch_loop import FastEpochLoop
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.engine.graph import GraphStep


def attach(trainer: pl.Trainer, say: Callable[[str], None] = terminal.say) -> None:
    """Let `trainer.fit` make its steps fast, whatever the module.

    On a CPU a step goes layer by layer; on a GPU its kernels are recorded and repeated.

    Args:
        trainer: A Trainer that has not begun to fit.
        say: Gets a line when a training goes through Lightning's own loop, with the reason.

    Example:
        >>> trainer = pl.Trainer(max_epochs=1, logger=False, enable_checkpointing=False)
        >>> attach(trainer)
    """
    on_gpu = trainer.strategy.root_device.type == "cuda"
    make, device = (GraphStep, "cuda") if on_gpu else (FastStep, "cpu")
    trainer.fit_loop.epoch_loop = FastEpochLoop(trainer, make, device, say)
