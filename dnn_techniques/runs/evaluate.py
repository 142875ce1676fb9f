"""Validating, testing and predicting with the weights of a checkpoint."""

from collections.abc import Sequence
from pathlib import Path

import pytorch_lightning as pl
import torch

from dnn_techniques.callbacks import EpochProgress, PredictionsFile
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Classifier
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.plan_one import plan_one
from dnn_techniques.runs.prepare import Run, prepare
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.run_folder import BEST, CHECKPOINTS, LAST, PREDICTIONS, knows
from dnn_techniques.terminal import say


@quiet_lightning()
def evaluate(command: str, words: Sequence[str]) -> None:
    """Run ``validate``, ``test`` or ``predict`` of the Trainer.

    Without ``--ckpt_path`` the best weights of the run of these options are taken, or its last
    ones. What `predict` makes goes beside them.

    Args:
        command: Which of them.
        words: The words after it.

    Raises:
        InputError: If they cannot be used, or there are no weights.
    """
    cli = ExperimentCLI(command, words)
    run = plan_one(cli, words)
    checkpoint = _checkpoint(run, command)
    run.options.ckpt_path = str(checkpoint)
    prepared = prepare(run, command)
    folder = checkpoint.parent.parent if checkpoint.parent.name == CHECKPOINTS else run.path
    callbacks: list[pl.Callback] = []
    if run.options.trainer.enable_progress_bar is not False:
        callbacks.append(EpochProgress())
    if command == "predict" and isinstance(prepared.module, Classifier):
        callbacks.append(PredictionsFile(folder / PREDICTIONS))
    logger = prepared.cli.config_init[command].trainer.logger
    logger = False if logger in (None, True) else logger  # of itself it logs nothing
    trainer = prepared.cli.make_trainer(callbacks, logger)
    method = getattr(trainer, command)
    made = method(
        prepared.module, datamodule=prepared.data, ckpt_path=checkpoint, weights_only=True
    )
    if command == "predict" and not isinstance(prepared.module, Classifier):
        torch.save(made, folder / "predictions.pt")
        say(f"{folder / 'predictions.pt'}: predictions of {len(made)} batches")


def _checkpoint(run: Run, command: str) -> Path:
    """The checkpoint that was named, or that of the run's best or last weights."""
    if run.options.ckpt_path is not None:
        return Path(run.options.ckpt_path)
    for name in (BEST, LAST):
        if (run.path / name).exists() or knows(run.path, name):
            say(f"weights of {run.path / name}")
            return run.path / name
    raise InputError(
        f"{command} needs trained weights: --ckpt_path {run.path / BEST}, which `fit` with this"
        " experiment makes"
    )
