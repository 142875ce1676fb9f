"""HDF5 files of TensorFlow 2.x's Keras: whole models (``save``) and weights (``save_weights``).

Keras 3 still writes this layout for a model saved as ``.h5``.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import count, takewhile
from typing import Any

import numpy as np

from dnn_techniques.weights.layers import Array, ForeignLayer


def is_legacy(file: Any) -> bool:
    """Whether an open `h5py.File` has this layout."""
    return "model_weights" in file or bool(_names(file, "layer_names"))


def read_legacy(file: Any) -> list[ForeignLayer]:
    """The layers with weights of an open `h5py.File`, in the model's order."""
    root = file.get("model_weights", file)
    eps = _epsilons(file)
    layers = []
    for name in _names(root, "layer_names"):
        arrays: dict[str, Array] = {}
        for path in _names(root[name], "weight_names"):
            # "dense/kernel:0" in TensorFlow 2.x, "sequential/dense/kernel" in Keras 3
            key = path.rpartition("/")[2].partition(":")[0]
            # A model in the model has several kernels; they are told apart and fit nothing.
            arrays[path if key in arrays else key] = np.asarray(root[name][path])
        if arrays:
            layers.append(ForeignLayer(name, arrays, eps.get(name)))
    return layers


def _epsilons(file: Any) -> dict[str, float]:
    """Epsilon by layer name; files of weights do not say it."""
    if "model_config" not in file.attrs:
        return {}
    config = json.loads(file.attrs["model_config"])["config"]
    layers = config["layers"] if isinstance(config, dict) else config  # a list before TF 2.0
    by_name = {layer["config"]["name"]: _epsilon(layer["config"]) for layer in layers}
    return {name: epsilon for name, epsilon in by_name.items() if epsilon is not None}


def _epsilon(config: Mapping[str, Any]) -> float | None:
    """That of a layer, or of the layer in it that has one, if it is a model in the model."""
    if "epsilon" in config:
        return float(config["epsilon"])
    inner = (_epsilon(layer["config"]) for layer in config.get("layers", ()))
    return next((epsilon for epsilon in inner if epsilon is not None), None)


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which Keras parts into numbered attributes where it is long."""
    parts: Iterable[str] = [attribute]
    if attribute not in group.attrs:
        parts = takewhile(group.attrs.__contains__, (f"{attribute}{i}" for i in count()))
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]
