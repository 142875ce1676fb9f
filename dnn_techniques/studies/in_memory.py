"""Training a small module in memory: on the CPU, with one thread, and nothing on the disk."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytorch_lightning as pl
import torch

from dnn_techniques.runs.attach_engine import attach_engine


def train(
    module: pl.LightningModule,
    batches: object,
    epochs: int,
    callbacks: Sequence[pl.Callback] = (),
) -> pl.Trainer:
    """Train a module and leave nothing else behind.

    On nets as small as those of the studies neither a GPU nor a second thread gains anything, and
    so the figures are the same wherever they are made.

    Args:
        module: What is trained.
        batches: Training batches, such as `ShuffledBatches`.
        epochs: Number of epochs.
        callbacks: See Lightning's Trainer.

    Returns:
        The trainer, with the figures of the last epoch.
    """
    with _one_thread(), _quiet():
        trainer = pl.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=any(isinstance(c, pl.callbacks.ProgressBar) for c in callbacks),
            enable_model_summary=False,
            callbacks=list(callbacks),
        )
        attach_engine(trainer)
        trainer.fit(module, batches)
    return trainer


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning from telling about its devices, and from warning of what is meant here."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        for name in ("pytorch_lightning", "lightning_fabric"):
            warnings.filterwarnings("ignore", module=name)
        try:
            yield
        finally:
            logger.setLevel(level)
