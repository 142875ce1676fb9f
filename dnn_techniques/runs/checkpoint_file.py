"""Reading a checkpoint: whole, and without running code of it, or not at all."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import torch
from torch import Tensor

from dnn_techniques.errors import InputError
from dnn_techniques.runs.run_folder import CHECKPOINTS, CONFIG, folder_name, read_config

# Lightning imports and calls what a checkpoint's arguments name as their instantiator; most of its
# versions call whatever it is.
TRUSTED = {
    "pytorch_lightning.cli.instantiate_module",
    "lightning.pytorch.cli.instantiate_module",
}
# Where Lightning looks for arguments.
ARGUMENTS = ("hyper_parameters", "datamodule_hyper_parameters", "hparams", "module_arguments")


def read_checkpoint(path: Path, remedy: str) -> dict[str, Any]:
    """Read a checkpoint of Lightning onto the CPU.

    Args:
        path: The file.
        remedy: What the user can do if it cannot be used, for the message.

    Raises:
        InputError: If it is damaged, is none of Lightning's, or names code to be called.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; {remedy}")
    values = read_saved(path, remedy)
    if not _is_lightnings(values):
        raise InputError(f"{path} is no checkpoint of Lightning; {remedy}")
    for key in ARGUMENTS:
        arguments = values.get(key)
        instantiator = arguments.get("_instantiator") if isinstance(arguments, dict) else None
        if instantiator is not None and instantiator not in TRUSTED:
            raise InputError(f"{path} names code to be called, {instantiator!r}; do not trust it")
    return values


def read_saved(path: Path, remedy: str) -> Any:
    """Read what `torch.save` wrote onto the CPU.

    torch reads a file with a changed byte as it is. Here its checksums are compared first.

    Raises:
        InputError: If it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        values = None if damaged else torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # a damaged file raises whatever its bytes lead to
        raise InputError(f"{path} is damaged or was not saved by PyTorch; {remedy}") from error
    if damaged:
        raise InputError(f"{path} is damaged: the checksum of {damaged} is wrong; {remedy}")
    return values


def _is_lightnings(values: Any) -> TypeGuard[dict[str, Any]]:
    if not isinstance(values, dict) or not isinstance(values.get("state_dict"), dict):
        return False
    weights = values["state_dict"]
    return isinstance(values.get("pytorch-lightning_version"), str) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in weights.items()
    )


def is_of_a_run(saved: dict[str, Any]) -> bool:
    """Whether `run` or `fit` left a checkpoint to go on with: it has the table of a `RunFolder`."""
    return isinstance(saved.get("callbacks"), dict) and "RunFolder" in saved["callbacks"]


def check_run(saved: dict[str, Any], path: Path, remedy: str) -> None:
    """Refuse a checkpoint in a run's folder that another run left.

    A folder may have been moved: its config.yaml says which run it is.

    Raises:
        InputError: If it is another run's, or config.yaml is damaged.
    """
    folder = path.absolute().parents[1]
    if path.parent.name != CHECKPOINTS or not (folder / CONFIG).is_file() or not is_of_a_run(saved):
        return
    config = read_config(folder)
    seed, replay, perturbation = (
        config.get(name, 0) for name in ("seed_everything", "replay", "perturbation")
    )
    own = f"{config.get('experiment')}/{folder_name(seed, replay, perturbation)}"
    run = saved["callbacks"]["RunFolder"].get("run", own)
    if run != own:
        raise InputError(f"{path} is of the run {run}, not of {own}; {remedy}")


def weights_alone(saved: dict[str, Any]) -> bool:
    """Whether a checkpoint has no state of a training to go on with."""
    return "optimizer_states" not in saved


def check_finite(weights: Mapping[str, Tensor], path: Path, remedy: str) -> None:
    """Refuse weights that are not finite: whatever is computed with them says nothing.

    Raises:
        InputError: If there are any.
    """
    for name, value in weights.items():
        if not value.isfinite().all():
            raise InputError(f"{path}: {name} is not finite, the training diverged; {remedy}")
