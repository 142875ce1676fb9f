"""What can be wrong with a net for a table, before it trains."""

import pytorch_lightning as pl
import torch

from dnn_techniques.data import ImageData, TableData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Classifier, Regressor


def check_kind(model: pl.LightningModule, data: pl.LightningDataModule) -> None:
    """Refuse a classifier where the targets are numbers, and a regressor where they are classes.

    Raises:
        InputError: If it is one of these.
    """
    name = type(model).__name__
    if isinstance(model, Classifier) and isinstance(data, TableData):
        raise InputError(
            f"{name} tells classes apart, but {data.arrays.facts.name} has numbers as targets;"
            " take a Regressor"
        )
    if isinstance(model, Regressor) and isinstance(data, ImageData):
        raise InputError(
            f"{name} predicts numbers, but {data.arrays.facts.name} has classes; take a Classifier"
        )


def check_table(model: pl.LightningModule, data: TableData) -> None:
    """Refuse a net with other inputs or outputs than the table has.

    Raises:
        InputError: If it has.
    """
    name = data.arrays.facts.name
    wanted = {"targets": data.targets}
    example = model.example_input_array
    inputs = example if isinstance(example, tuple) else (example,)
    sizes = [x.shape[1] for x in inputs if isinstance(x, torch.Tensor)]
    if len(sizes) == len(data.input_sizes) == 1:
        wanted["in_features"] = data.input_sizes[0]
    elif sizes and sizes != data.input_sizes:
        raise InputError(
            f"{type(model).__name__} takes inputs of {_listed(sizes)} features, but {name} has"
            f" {_listed(data.input_sizes)} here; --data.inputs says which feature goes where"
        )
    for option, size in wanted.items():
        if model.hparams.get(option, size) != size:
            raise InputError(
                f"model.{option} is {model.hparams[option]}, but {name} has {size} here;"
                f" give --model.{option} {size}"
            )


def _listed(sizes: list[int]) -> str:
    return " and ".join(map(str, sizes))
