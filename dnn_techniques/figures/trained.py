"""Finished runs for pictures: their trained nets, their data, and what has to be said of them."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Classifier
from dnn_techniques.results.run_sets import RunSet, read_runs
from dnn_techniques.runs.checkpoint_file import check_finite, read_checkpoint
from dnn_techniques.runs.run_folder import LAST, read_config, read_result


@dataclass(frozen=True)
class Trained:
    """A net with its last weights, in inference mode on the CPU, and the test set that it sees.

    Attributes:
        name: The run, for a title, with what makes it another than the experiment.
        module: The net.
        images: Test images as they were, uint8, (n, height, width[, channels]).
        x: The same as the net takes them, (n, height, width[, channels]).
        labels: Their classes, (n,).
        class_names: Name of each label.
    """

    name: str
    module: Classifier
    images: Tensor
    x: Tensor
    labels: Tensor
    class_names: tuple[str, ...]


def title(runs: RunSet) -> str:
    """The first run of an experiment, with what keeps it from being the documents' experiment."""
    seed = f"{runs.name}, seed {runs.runs[0].seed}"
    if runs.data.get("stands_in_for"):
        return f"{seed}, on digits, NOT on {runs.data['stands_in_for']}"
    return f"{seed}, with changed settings" if runs.changes else seed


def load_trained(out: Path, name: str) -> Trained:
    """Load the net of the first finished run of the experiment `name` below `out`.

    Raises:
        InputError: If there is no finished run, it left no checkpoint, or its data are not here.
    """
    runs = read_runs(out, name)
    remedy = f"make it again: run {name} --overwrite true"
    return load_run(out / name / f"seed-{runs.runs[0].seed}", title(runs), remedy)


def load_run(folder: Path, name: str, remedy: str) -> Trained:
    """Load the net of a finished run.

    Args:
        folder: The run's folder.
        name: What a title calls it.
        remedy: What to do where its weights cannot be used.

    Raises:
        InputError: If it left no checkpoint, its data are not here, or it classifies no images.
    """
    config, trained_on = read_config(folder), read_result(folder)["data"] or {}
    if not (folder / LAST).exists():
        raise InputError(f"{folder / LAST} is missing; {remedy}")
    data = class_of(config["data"])(**config["data"]["init_args"])
    kind = class_of(config["model"])
    if not (isinstance(data, ImageData) and issubclass(kind, Classifier)):
        what = f"{kind.__name__} on {type(data).__name__}"
        raise InputError(f"{folder}: this is drawn for a Classifier on ImageData, not for {what}")
    data.prepare_data()
    if data.arrays.digest() != trained_on.get("sha256"):
        raise InputError(
            f"{folder} was trained on other data than {data.arrays.source};"
            " name the folder of its data in DNN_TECHNIQUES_DATA"
        )
    data.setup("test")
    check_finite(read_checkpoint(folder / LAST, remedy)["state_dict"], folder / LAST, remedy)
    module = kind.load_from_checkpoint(folder / LAST, map_location="cpu", weights_only=True)
    return Trained(
        name=name,
        module=module.eval(),
        images=torch.from_numpy(data.arrays.x_test),
        x=data.test[0],
        labels=data.test[1],
        class_names=data.class_names,
    )


def class_of(part: dict[str, Any]) -> Any:
    """The class that a part of a configuration names, ``{"class_path": ..., "init_args": ...}``."""
    module, _, name = part["class_path"].rpartition(".")
    return getattr(import_module(module), name)
