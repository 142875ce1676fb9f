"""What may be done with the folder of an earlier run: go on with it, or leave it alone."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from dnn_techniques.errors import InputError
from dnn_techniques.runs.checkpoint_file import (
    check_run,
    is_of_a_run,
    read_checkpoint,
    weights_alone,
)
from dnn_techniques.runs.checks import check_net
from dnn_techniques.runs.provenance import origin_of
from dnn_techniques.runs.run_folder import (
    BEST,
    CHECKPOINTS,
    LAST,
    RESULT,
    check_digest,
    check_finished,
    read_config,
    read_metrics,
    read_result,
)
from dnn_techniques.runs.settings import changes, settings


class FinishedRunError(InputError):
    """A run would replace a finished one.

    Attributes:
        path: The finished run's folder.
        same: Whether the finished run has the settings, the data and the base of the new one.
    """

    def __init__(self, path: Path, difference: str = "") -> None:
        super().__init__(
            f"{path} holds a finished run{difference and f' with {difference}'};"
            " --overwrite true replaces it, --out writes elsewhere"
        )
        self.path = path
        self.same = not difference


def checkpoint_to_resume(
    path: Path, config: dict[str, Any], facts: dict[str, Any], module: pl.LightningModule
) -> Path | None:
    """Look at what a new run would find in its folder.

    Args:
        path: The run's folder.
        config: The configuration of the new run.
        facts: What its result.json will say of it: `data`, and `built_on` if it is a later stage.
        module: What it trains.

    Returns:
        The last checkpoint of an interrupted run with the same settings, from which to go on.
        None if there is none, or one that holds weights alone, as stacked seeds leave it when they
        are interrupted in their last moment.

    Raises:
        FinishedRunError: If there is a finished run.
        InputError: If there is an interrupted run with other settings, or a file is damaged.
    """
    if not (path / RESULT).exists() and not (path / LAST).exists():
        return None
    kept = read_config(path)
    if "engine" not in kept:
        raise InputError(f"{path} was begun by version 0.1, whose runs cannot be read; delete it")
    same = settings(kept) == settings(config)
    if (path / RESULT).exists():
        old, new = origin_of(read_result(path)), origin_of(facts)
        if not same or old[0] != new[0]:
            raise FinishedRunError(path, "other settings or data")
        check_finished(path)
        raise FinishedRunError(path, "" if old == new else "other reused weights")
    if not same:
        raise InputError(
            f"{path} holds an interrupted run with other settings;"
            " --overwrite true replaces it, --out writes elsewhere"
        )
    remedy = "--overwrite true starts the run anew"
    saved = read_checkpoint(path / LAST, remedy)
    if weights_alone(saved):
        return None
    _check_own(saved, path / LAST, module, remedy)
    return path / LAST


def _check_own(
    saved: dict[str, Any], checkpoint: Path, module: pl.LightningModule, remedy: str
) -> None:
    """Refuse a checkpoint that another program or another net's training left."""
    check_net(saved["state_dict"], checkpoint, module, remedy)
    if not is_of_a_run(saved):
        raise InputError(f"{checkpoint} is not of `run` or `fit`; {remedy}")
    check_run(saved, checkpoint, remedy)
    best, rows = checkpoint.parents[1] / BEST, saved["callbacks"]["RunFolder"]["rows"]
    # It stays, if no later epoch is better; the first epoch that was validated left it.
    if best.exists() or any("val_loss" in row for row in rows):
        check_run(read_checkpoint(best, remedy), best, remedy)


def check_continuation(
    path: Path, checkpoint: Path, config: dict[str, Any], module: pl.LightningModule
) -> None:
    """Make sure that training goes on with its own run, for more epochs and otherwise unchanged.

    A start from other weights would be told from the documented run by nothing in the figures.

    Raises:
        InputError: If not.
    """
    if checkpoint.resolve().parent != (path / CHECKPOINTS).resolve():
        raise InputError(
            f"--ckpt_path {checkpoint}: fit goes on only with a checkpoint of its own run,"
            f" below {path}"
        )
    remedy = "give another --ckpt_path"
    check_digest(checkpoint, remedy)
    saved = read_checkpoint(checkpoint, remedy)
    if weights_alone(saved):
        raise InputError(f"{checkpoint} holds weights alone, from which no run goes on; {remedy}")
    _check_own(saved, checkpoint, module, remedy)
    kept = read_config(path)
    longer = ("trainer.max_epochs ", "trainer.max_steps ")
    changed = [c for c in changes(config, kept) if not c.startswith(longer)]
    if changed:
        raise InputError(f"--ckpt_path {checkpoint}: the run has other settings: {changed[0]}")
    epochs = config["trainer"]["max_epochs"]
    done = len(read_metrics(path))
    if (path / RESULT).exists() and epochs is not None and 0 <= epochs <= done:
        raise InputError(
            f"--trainer.max_epochs must be above {done}, the epochs already trained, got {epochs}"
        )
