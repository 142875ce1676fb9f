"""Giving a Trainer the fast loop."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import pytorch_lightning as pl

from dnn_techniques.engine.epoch_loop import FastEpochLoop
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.engine.graph import GraphStep

Engine = Literal["fast", "graph"]

print_now = partial(print, flush=True)


def attach(
    trainer: pl.Trainer, engine: Engine = "fast", say: Callable[[str], None] = print_now
) -> None:
    """Let `trainer.fit` make its steps fast, whatever the module.

    Args:
        trainer: A Trainer that has not begun to fit.
        engine: ``fast`` for a CPU, layer by layer; ``graph`` for a GPU, which records a step's
            kernels and repeats them.
        say: Gets a line when a training goes through Lightning's own loop, with the reason.

    Example:
        >>> trainer = pl.Trainer(max_epochs=1, logger=False, enable_checkpointing=False)
        >>> attach(trainer)
    """
    make, device = {"fast": (FastStep, "cpu"), "graph": (GraphStep, "cuda")}[engine]
    trainer.fit_loop.epoch_loop = FastEpochLoop(trainer, make, device, say)
