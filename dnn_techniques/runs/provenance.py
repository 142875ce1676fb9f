"""What a run says of how it was made: data, device, versions."""

import platform
from importlib.metadata import version
from typing import Any

import pytorch_lightning as pl
import torch

from dnn_techniques.data import InMemoryData


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    packages = ("dnn-techniques", "pytorch-lightning", "numpy")
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,  # with the build, as in 2.6.0+cpu
        **{name: version(name) for name in packages},
    }


def describe_data(data: pl.LightningDataModule) -> dict[str, Any]:
    """What was trained on: name, digest, where it came from; of foreign data the class."""
    if not isinstance(data, InMemoryData):
        name = type(data).__name__
        return {"name": name, "stands_in_for": None, "source": None, "sha256": None}
    return {
        "name": data.arrays.facts.name,
        "stands_in_for": data.arrays.stands_in_for,
        "source": data.arrays.source,
        "sha256": data.arrays.digest(),
    }


def origin_of(facts: dict[str, Any]) -> list[str | None]:
    """Digests of what a run was made from: its data, and the weights of the run it builds on."""
    return [digest_of(facts["data"]), (facts.get("built_on") or {}).get("sha256")]


def digest_of(data: dict[str, Any] | None) -> str | None:
    """SHA-256 of what `describe_data` described, None for other data."""
    return data["sha256"] if data else None


def describe_device(device: torch.device) -> dict[str, Any]:
    """What was trained on."""
    if device.type == "cuda":
        return {"type": "cuda", "name": torch.cuda.get_device_name(device)}
    return {
        "type": device.type,
        "name": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
    }
