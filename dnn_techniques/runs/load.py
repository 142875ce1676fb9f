"""A trained module out of its checkpoint."""

import argparse
from pathlib import Path

import pytorch_lightning as pl

from dnn_techniques import modules
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Classifier
from dnn_techniques.runs.checkpoint_file import check_finite, read_checkpoint
from dnn_techniques.runs.checks import check_checkpoint
from dnn_techniques.runs.option_errors import one_line
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.run_folder import CONFIG


def load_module(checkpoint: Path, config: str | None = None) -> pl.LightningModule:
    """Load the module of a run, of whatever class, on the CPU.

    Args:
        checkpoint: The checkpoint.
        config: The experiment that names the module; by default the config.yaml of the run to which
            the checkpoint belongs. Where there is none, the checkpoint has to name its class.

    Raises:
        InputError: If it is no checkpoint or another module's, or the experiment cannot be read.
    """
    if not checkpoint.is_file():
        raise InputError(f"--ckpt_path {checkpoint}: no such file")
    beside = checkpoint.parent.parent / CONFIG
    if config is None and not beside.exists():
        return _load_by_itself(checkpoint)
    experiment = config or str(beside)
    try:
        module, _ = ExperimentCLI("fit", ["-c", experiment]).make()
    except InputError as error:
        if experiment in str(error):
            raise
        raise InputError(f"{experiment}: {error}") from error
    module.load_state_dict(check_checkpoint(checkpoint, module))
    return module


def _load_by_itself(path: Path) -> Classifier:
    """Load the module of a checkpoint that `run` or `fit` wrote from the checkpoint alone.

    Lightning writes the module's class and its arguments into it. Nothing is unpickled but tensors
    and plain values, and no module is made but one of `dnn_techniques.modules`.

    Raises:
        InputError: If it is no such checkpoint.
    """
    remedy = "give a run's checkpoint"
    saved = read_checkpoint(path, remedy)
    arguments = saved.get("hyper_parameters")
    named = arguments.get("_class_path") if isinstance(arguments, dict) else None
    package, _, name = str(named).rpartition(".")
    if package.partition(".")[0] != "dnn_techniques" or not hasattr(modules, name):
        raise InputError(f"--ckpt_path {path} holds no module of `run` or `fit`; {remedy}")
    check_finite(saved["state_dict"], path, remedy)
    try:
        # Any module's class: that of a Classifier would drop the name of the subclass.
        module = pl.LightningModule.load_from_checkpoint(
            path, map_location="cpu", weights_only=True
        )
    except (
        argparse.ArgumentError,
        AttributeError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        why = one_line(str(error)).partition(". ")[0]
        raise InputError(f"--ckpt_path {path} holds no module of `run` or `fit`: {why}") from error
    if not isinstance(module, Classifier):
        raise InputError(f"--ckpt_path {path} holds a {type(module).__name__}, no Classifier")
    return module
