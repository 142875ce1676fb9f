"""A net into a file that Keras loads."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_bytes
from dnn_techniques.weights.example import Shape, example_inputs
from dnn_techniques.weights.functional_config import functional_config
from dnn_techniques.weights.keras_config import Config, layers_in_a_row, sequential_config
from dnn_techniques.weights.layers import Array, keras_views, kind_of
from dnn_techniques.weights.optional import need
from dnn_techniques.weights.read_v3 import group_name


def save_keras(
    net: nn.Module,
    path: str | PathLike[str],
    input_shape: Shape | None = None,
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> None:
    """Save a net as a Keras model, for ``keras.models.load_model``.

    ``.h5`` is the layout of TensorFlow 2.x, ``.keras`` that of Keras 3; either is read by both.
    Weights are float32. The file holds layers and weights, no optimizer and no loss.

    Args:
        net: Dense layers, batch normalization, activations of the chapter, dropout and flatten
            layers: an `nn.Sequential`, nested or not, or a module of several inputs or outputs that
            calls such layers and `torch.cat`. For a `Classifier` give its `net`.
        path: The file, with one of the two endings; it is replaced in one step.
        input_shape: Of one sample, (28, 28) for images; by default as many values in a row as the
            first layer takes. For several inputs a shape of each.
        output_activation: What the Keras model applies to its outputs. A net here ends in logits,
            and so does the model by default: give its loss ``from_logits=True``. With ``softmax``
            (``sigmoid`` for a net with one output) it predicts probabilities. Several outputs get
            it each.

    Raises:
        InputError: If Keras has no counterpart of a layer or of what is done between layers, or
            the ending is none of the two.

    Example::

        save_keras(module.net, "my_model.keras", input_shape=(28, 28), output_activation="softmax")
    """
    path = Path(path)
    writers = {".h5": _legacy_h5, ".keras": _keras_zip}
    if path.suffix not in writers or path.name.endswith(".weights.h5"):
        raise InputError(f"{path}: the name of a Keras file must end in .h5 or .keras")
    need("h5py", "h5py")
    shapes = [tuple(x.shape[1:]) for x in example_inputs(net, input_shape).values()]
    if isinstance(net, nn.Sequential):
        config = sequential_config(layers_in_a_row(net), shapes[0], output_activation)
    else:
        config = functional_config(net, shapes, output_activation)
    write_bytes(path, writers[path.suffix](net, config))


def _legacy_h5(net: nn.Module, config: Config) -> bytes:
    import h5py

    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights")
        for group in (file, root):
            # Keras converts the weights of files that do not say that they are Keras 2's.
            group.attrs["keras_version"] = "2.4.0"
            group.attrs["backend"] = "tensorflow"
        names = [layer["config"]["name"] for layer in config["config"]["layers"]]
        root.attrs["layer_names"] = _bytes(names)
        for name in names:
            group = root.create_group(name)
            arrays = _arrays(net, name)
            group.attrs["weight_names"] = _bytes(f"{name}/{key}:0" for key in arrays)
            for key, array in arrays.items():
                group[f"{name}/{key}:0"] = array
    return data.getvalue()


def _keras_zip(net: nn.Module, config: Config) -> bytes:
    import h5py

    weights, data = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        seen = Counter[str]()
        for layer in config["config"]["layers"]:
            name = layer["config"]["name"]
            group = file.create_group(f"layers/{group_name(layer['class_name'], seen)}/vars")
            group.attrs["name"] = name
            for i, array in enumerate(_arrays(net, name).values()):
                group[str(i)] = array
        file.create_group("vars")
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())
    return data.getvalue()


def _arrays(net: nn.Module, name: str) -> dict[str, Array]:
    """Weights of a layer by Keras's names; none of one that the net has not, as an input."""
    layer = dict(net.named_modules()).get(name)
    if layer is None or kind_of(layer) is None:
        return {}
    return {k: v.float().cpu().numpy() for k, v in keras_views(name, layer).items()}


def _bytes(names: Iterable[str]) -> Array:
    return np.array([name.encode() for name in names], dtype="S")
