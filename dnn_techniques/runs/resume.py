"""What may be done with the folder of an earlier run: go on with it, or leave it alone."""

import pickle
from pathlib import Path
from typing import Any

import torch

from dnn_techniques.errors import InputError
from dnn_techniques.runs.provenance import origin_of
from dnn_techniques.runs.run_folder import (
    CHECKPOINTS,
    CONFIG,
    LAST,
    RESULT,
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


def checkpoint_to_resume(path: Path, config: dict[str, Any], facts: dict[str, Any]) -> Path | None:
    """Look at what a new run would find in its folder.

    Args:
        path: The run's folder.
        config: The configuration of the new run.
        facts: What its result.json will say of it: `data`, and `built_on` if it is a later stage.

    Returns:
        The last checkpoint of an interrupted run with the same settings, from which to go on.

    Raises:
        FinishedRunError: If there is a finished run.
        InputError: If there is an interrupted run with other settings, or its files are damaged.
    """
    if not (path / CONFIG).exists():
        return None
    kept = read_config(path)
    if "engine" not in kept:
        raise InputError(f"{path} was begun by version 0.1, whose runs cannot be read; delete it")
    same = settings(kept) == settings(config)
    if (path / RESULT).exists():
        old, new = origin_of(read_result(path)), origin_of(facts)
        if not same or old[0] != new[0]:
            raise FinishedRunError(path, "other settings or data")
        raise FinishedRunError(path, "" if old == new else "other reused weights")
    if not (path / LAST).exists():
        return None
    if not same:
        raise InputError(
            f"{path} holds an interrupted run with other settings;"
            " --overwrite true replaces it, --out writes elsewhere"
        )
    try:
        torch.load(path / LAST, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise InputError(
            f"{path / LAST} cannot be read; --overwrite true starts the run anew"
        ) from error
    return path / LAST


def check_continuation(path: Path, checkpoint: Path, config: dict[str, Any]) -> None:
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
    kept = read_config(path)
    longer = ("trainer.max_epochs ", "trainer.max_steps ")
    changed = [c for c in changes(config, kept) if not c.startswith(longer)]
    if changed:
        raise InputError(f"--ckpt_path {checkpoint}: the run has other settings: {changed[0]}")
    epochs = config["trainer"]["max_epochs"]
    done = len(read_metrics(path))
    if epochs is not None and 0 <= epochs <= done:
        raise InputError(
            f"--trainer.max_epochs must be above {done}, the epochs already trained, got {epochs}"
        )
