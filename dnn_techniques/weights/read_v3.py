"""Files of Keras 3, ``.keras`` and ``.weights.h5``; TensorFlow's Keras writes them since 2.12.

In both a layer's weights are numbered, in groups that are named after the layer's class and counted
per class: ``layers/dense_1/vars/0`` is the kernel of the second dense layer, whatever its name.
Only a ``.keras`` file, which holds the model's configuration too, tells in which order layers of
different classes follow one another.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dnn_techniques.weights.layers import WEIGHTS, Array, ForeignLayer

KINDS = {"dense": "dense", "batch_normalization": "batch normalization", "p_re_lu": "PReLU"}


def is_v3(file: Any) -> bool:
    """Whether an open `h5py.File` has this layout."""
    return "layers" in file


def group_name(class_name: str, seen: Counter[str]) -> str:
    """Name of the group of a model's next layer of a class.

    Args:
        class_name: As in Python.
        seen: How many of each there were before; this one is added.

    >>> seen = Counter()
    >>> [group_name(name, seen) for name in ("Dense", "PReLU", "Dense")]
    ['dense', 'p_re_lu', 'dense_1']
    """
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
    number = seen[snake]
    seen[snake] += 1
    return f"{snake}_{number}" if number else snake


def read_model(file: Any, config: Mapping[str, Any]) -> list[ForeignLayer]:
    """The layers with weights of a ``.keras`` file, in the model's order.

    Args:
        file: Its ``model.weights.h5``, an open `h5py.File`.
        config: Its ``config.json``.
    """
    layers, seen = [], Counter[str]()
    for layer in config["config"]["layers"]:
        settings = layer["config"]
        keys = list(WEIGHTS.get(KINDS.get(group_name(layer["class_name"], Counter()), ""), ()))
        for option, key in (("use_bias", "bias"), ("scale", "gamma"), ("center", "beta")):
            if not settings.get(option, True) and key in keys:
                keys.remove(key)
        arrays = _arrays(file["layers"], group_name(layer["class_name"], seen), keys)
        if arrays:
            layers.append(ForeignLayer(settings["name"], arrays, settings.get("epsilon")))
    return layers


def read_weights(file: Any, kinds: Sequence[str | None]) -> list[ForeignLayer]:
    """The layers of a ``.weights.h5`` file, in the order that a net has them.

    Without the model's configuration batch normalization must have both gamma and beta.

    Args:
        file: The file, an open `h5py.File`.
        kinds: Of the net's layers with weights; the n-th dense layer goes to the n-th, and so on.
            What the net has no place for comes last.
    """
    found: dict[str | None, list[ForeignLayer]] = {kind: [] for kind in (*WEIGHTS, None)}
    for group in sorted(file["layers"], key=_number):
        keys = list(WEIGHTS.get(KINDS.get(re.sub(r"_\d+$", "", group), ""), ()))
        arrays = _arrays(file["layers"], group, keys)
        if arrays:
            named = file["layers"][group]["vars"].attrs
            layer = ForeignLayer(str(named.get("name", group)), arrays)  # TensorFlow's has no names
            found[layer.kind].append(layer)
    ordered = [found[kind].pop(0) for kind in kinds if found[kind]]
    return ordered + [layer for rest in found.values() for layer in rest]


def _number(group: str) -> int:
    """1 of ``dense_1``, 0 of ``dense``."""
    match = re.search(r"_(\d+)$", group)
    return int(match[1]) if match else 0


def _arrays(layers: Any, group: str, keys: Sequence[str]) -> dict[str, Array]:
    """A layer's weights by Keras's names; by their paths if they are not those of `keys`."""
    if group not in layers:
        return {}
    paths: list[str] = []
    layers[group].visit(paths.append)
    # A dropout layer keeps the state of its random numbers there.
    weights = [p for p in paths if re.search(r"vars/\d+$", p) and "seed_generator" not in p]
    values = {path: np.asarray(layers[group][path]) for path in weights}
    plain = [f"vars/{i}" for i in range(len(weights))]
    # Without the configuration nothing says whether a dense layer has a bias.
    named = keys[:1] if keys == list(WEIGHTS["dense"]) and len(weights) == 1 else keys
    if set(values) == set(plain) and len(named) == len(plain):
        return {key: values[path] for key, path in zip(named, plain, strict=True)}
    return values
