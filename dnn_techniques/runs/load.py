"""A trained module out of its checkpoint."""

from pathlib import Path

import pytorch_lightning as pl
import torch

from dnn_techniques.errors import InputError
from dnn_techniques.runs.checks import check_checkpoint
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.run_folder import CONFIG
from dnn_techniques.weights.checkpoint import load_checkpoint


def load_module(checkpoint: Path, config: str | None = None) -> pl.LightningModule:
    """Load the module of a run, of whatever class, on the CPU.

    Args:
        checkpoint: The checkpoint.
        config: The experiment that names the module; by default the config.yaml of the run to which
            the checkpoint belongs. Where there is none, the checkpoint has to name its class.

    Raises:
        InputError: If it is no checkpoint, or another module's.
    """
    if not checkpoint.is_file():
        raise InputError(f"--ckpt_path {checkpoint}: no such file")
    beside = checkpoint.parent.parent / CONFIG
    if config is None and not beside.exists():
        return load_checkpoint(checkpoint)
    module, _ = ExperimentCLI("fit", ["-c", config or str(beside)]).make()
    check_checkpoint(checkpoint, module)
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return module
