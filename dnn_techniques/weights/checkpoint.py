"""A trained module out of its checkpoint alone."""

import argparse
import pickle
from pathlib import Path

import pytorch_lightning as pl

from dnn_techniques.errors import InputError
from dnn_techniques.modules import Classifier
from dnn_techniques.runs.option_errors import one_line


def load_checkpoint(path: Path) -> Classifier:
    """Load the module of a checkpoint that `run` or `fit` wrote, on the CPU.

    Lightning writes the module's class and its arguments into it. Nothing is unpickled but tensors
    and plain values, and Lightning makes no module but one whose class is imported already: here,
    those of `dnn_techniques.modules`.

    Raises:
        InputError: If it is no such checkpoint.
    """
    if not path.is_file():
        raise InputError(f"--ckpt_path {path}: no such file")
    try:
        # Any module's class: that of a Classifier would drop the name of the subclass.
        module = pl.LightningModule.load_from_checkpoint(
            path, map_location="cpu", weights_only=True
        )
    except (
        argparse.ArgumentError,
        AttributeError,
        EOFError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        why = one_line(str(error)).partition(". ")[0]
        raise InputError(f"--ckpt_path {path} holds no module of `run` or `fit`: {why}") from error
    if not isinstance(module, Classifier):
        raise InputError(f"--ckpt_path {path} holds a {type(module).__name__}, no Classifier")
    return module
