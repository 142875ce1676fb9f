"""Staged runs: a later stage begins with the trained weights of an earlier run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytorch_lightning as pl
from torch import Tensor

from dnn_techniques.errors import InputError, near
from dnn_techniques.layers.named_layers import choose_layers, net_of
from dnn_techniques.reuse.copying import all_but_the_output, copy_layers
from dnn_techniques.runs.checkpoint_file import check_finite, read_checkpoint
from dnn_techniques.runs.digest import digest_of_weights
from dnn_techniques.runs.experiments import all_experiments
from dnn_techniques.runs.run_folder import BEST, LAST, check_digest, is_finished, read_result
from dnn_techniques.runs.trials import split_trial


@dataclass(frozen=True)
class Reuse:
    """What a run takes over from an earlier one.

    Args:
        run: The earlier run, ``<group>/<name>``; that of the same seed, or its replay.
        layers: Which layers, by name, shell pattern or position; None for all but the output.
        checkpoint: Which weights: the ``last``, or the ``best``, of the lowest validation loss.
    """

    run: str
    layers: Sequence[int | str] | None = None
    checkpoint: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class Base:
    """A finished run on which another builds.

    Attributes:
        facts: What the later run's result.json says of it: its name, the checkpoint below the
            folder of all runs, the SHA-256 of the weights.
        changes: How its settings differ from those of its experiment file.
        weights: Those of its net.
    """

    facts: dict[str, str]
    changes: list[str]
    weights: dict[str, Tensor]


def reused_layers(reuse: Reuse | None, module: pl.LightningModule) -> list[str]:
    """Names of the layers of the later run's net that it takes over, if it does.

    Raises:
        InputError: If the net has no such layer.
    """
    if reuse is None:
        return []
    net = net_of(module)
    layers = all_but_the_output(net) if reuse.layers is None else reuse.layers
    return list(choose_layers(net, layers))


def read_base(reuse: Reuse, out: Path, folder: str, make_it: str) -> Base:
    """Read the run that another builds on.

    Args:
        reuse: Which one.
        out: Folder of all run folders.
        folder: Name of its run folder among those of its experiment.
        make_it: How to make it, for the error if it is not there.

    Raises:
        InputError: If it is not there, not finished or damaged.
    """
    path = out / reuse.run / folder
    if not is_finished(path):
        known = {e.name for e in all_experiments()}
        name = split_trial(reuse.run)[0]
        advice = f" ({near(name, known)})" if name not in known else ""
        raise InputError(
            f"reuse of {reuse.run}: {path} holds no finished run with a checkpoint;"
            f" {make_it}{advice}"
        )
    checkpoint = path / (BEST if reuse.checkpoint == "best" else LAST)
    remedy = f"delete {path} and {make_it}"
    try:
        result = read_result(path)
        check_digest(checkpoint, remedy)
        saved = read_checkpoint(checkpoint, remedy)["state_dict"]
        check_finite(saved, checkpoint, f"train {reuse.run} otherwise")
    except InputError as error:
        raise InputError(f"reuse of {reuse.run}: {error}") from error
    changes = [f"{reuse.run}: {change}" for change in result["changes"]]
    stand_in = (result["data"] or {}).get("stands_in_for") and result["data"]["name"]
    if stand_in:
        changes.append(f"{reuse.run}: trained on {stand_in}")
    weights = {k.removeprefix("net."): v for k, v in saved.items() if k.startswith("net.")}
    facts = {
        "run": reuse.run,
        "checkpoint": checkpoint.relative_to(out).as_posix(),
        "sha256": digest_of_weights(weights),
    }
    return Base(facts, changes, weights)


def take_over(reuse: Reuse, base: Base, module: pl.LightningModule) -> None:
    """Copy the base's layers into the net of the later run.

    Raises:
        InputError: If they do not fit.
    """
    try:
        copy_layers(base.weights, net_of(module), reuse.layers)
    except InputError as error:
        raise InputError(f"{error} (reuse of {reuse.run})") from error
