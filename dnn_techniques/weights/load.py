"""Weights out of a Keras file into a net."""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path

from torch import nn

from dnn_techniques.errors import InputError, near
from dnn_techniques.weights.assign import assign_layers
from dnn_techniques.weights.h5_contents import RATIO, SMALL, check_contents
from dnn_techniques.weights.layers import ForeignLayer, kind_of, weighted_layers
from dnn_techniques.weights.optional import need
from dnn_techniques.weights.read_h5 import is_legacy, read_legacy
from dnn_techniques.weights.read_v3 import is_v3, read_model, read_weights


def load_keras_weights(
    net: nn.Module, path: str | PathLike[str], by_name: bool | Mapping[str, str] = False
) -> dict[str, str]:
    """Give a net the weights of a Keras model: dense layers, batch normalization and PReLU.

    Reads ``.h5`` (TensorFlow 2.x, whole models and weights, and Keras 3), ``.keras`` and
    ``.weights.h5``. Either all layers are assigned or, if something does not fit, none.

    Only weights come from the file. The net's layers have to compute as the file's do: its leaky
    ReLU with Keras's slope of 0.3, `KerasBatchNorm1d` with its epsilon of 1e-3 (a whole model says
    its epsilon, and another is refused). A net here ends in logits, so a Keras model that ends in
    a softmax layer predicts ``net(x).softmax(dim=1)``, one that ends in a sigmoid ``.sigmoid()``.

    Args:
        net: Any module, its layers in the order of the model's. For a `Classifier` give its `net`.
        path: The file.
        by_name: Off: all layers by their order. On: those whose names the file has too, as in
            Keras. Or for names of the net's layers those of the file's; others stay as they are.

    Returns:
        For the name of each layer that was assigned the name of the file's.

    Raises:
        InputError: If the file cannot be read, or a layer does not fit.

    Example::

        net = MLP(784, (300, 100), 10, norm="before", norm_first=True)
        load_keras_weights(net, "my_model.h5")
        load_keras_weights(net, "my_model.h5", by_name={"hidden1": "dense_3"})
    """
    ours = weighted_layers(net)
    theirs = _read(Path(path), [kind_of(layer) for layer in ours.values()])
    if not theirs:
        raise InputError(f"{path} holds no weights")
    if by_name is False:
        their_names = [layer.name for layer in theirs]
        if len(ours) != len(theirs):
            raise InputError(
                f"{path} has {len(theirs)} layers with weights ({_list(their_names)}), the net"
                f" {len(ours)} ({_list(ours)}); make them alike, or pair some by by_name"
            )
        names = dict(zip(ours, theirs, strict=True))
    else:
        names = _by_name(ours, theirs, by_name, path)
    assign_layers([(name, ours[name], layer) for name, layer in names.items()], str(path))
    return {name: layer.name for name, layer in names.items()}


def _by_name(
    ours: Mapping[str, nn.Module],
    theirs: Sequence[ForeignLayer],
    by_name: bool | Mapping[str, str],
    path: str | PathLike[str],
) -> dict[str, ForeignLayer]:
    layers = {layer.name: layer for layer in theirs}
    if isinstance(by_name, bool):
        by_name = {name: name for name in ours if name in layers}
        if not by_name:
            raise InputError(
                f"{path} has no layer with a name of the net's ({_list(ours)}) but"
                f" {_list(layers)}; pair them: by_name={{{next(iter(ours))!r}: {theirs[0].name!r}}}"
            )
    for name, their_name in by_name.items():
        if name not in ours:
            raise InputError(f"the net has no layer {name!r} with weights: {near(name, ours)}")
        if their_name not in layers:
            advice = near(their_name, layers)
            raise InputError(f"{path} has no layer {their_name!r} with weights: {advice}")
    return {name: layers[their_name] for name, their_name in by_name.items()}


def _read(path: Path, kinds: Sequence[str | None]) -> list[ForeignLayer]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    h5py = need("h5py", "h5py")
    with _explained(path):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                config = json.loads(_member(archive, "config.json"))
                weights = BytesIO(_member(archive, "model.weights.h5"))
            with h5py.File(weights, "r") as file:
                check_contents(file)
                if is_v3(file):
                    return read_model(file, config)
        else:
            with h5py.File(path, "r") as file:
                check_contents(file)
                if is_legacy(file):
                    return read_legacy(file)
                if is_v3(file):
                    return read_weights(file, kinds)
    raise InputError(
        f"{path} has none of Keras's layouts; save the model as .h5 or .keras again, or take its"
        " weights by assign_arrays(net, model.get_weights())"
    )


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of an archive, unless it is far larger than what is stored of it."""
    info = archive.getinfo(name)
    if info.file_size > SMALL + RATIO * info.compress_size:
        raise ValueError(f"{name} is {info.file_size} bytes of {info.compress_size} stored ones")
    return archive.read(name)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file raises whatever its bytes lead to
        raise InputError(
            f"{path} is damaged or no Keras file ({str(error).strip(chr(34))});"
            " save the model as .h5 or .keras again"
        ) from error


def _list(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names if len(names) <= 8 else [*names[:7], "..."])
