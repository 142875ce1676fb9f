"""The DataModule of the experiments on tables: numbers in, numbers out."""

import math
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnn_techniques.data.california_housing import load_california_housing
from dnn_techniques.data.in_memory_data import InMemoryData
from dnn_techniques.data.minibatches import Inputs
from dnn_techniques.data.sources import data_root
from dnn_techniques.data.table_arrays import TableArrays, read_table
from dnn_techniques.documents.catalog import TABLES
from dnn_techniques.errors import InputError, near


def load_table(name: str, root: str | os.PathLike[str] | None = None) -> TableArrays:
    """Load a table; the second call for the same one returns the same arrays.

    Args:
        name: `california_housing`, or the path of an ``.npz`` of one's own with arrays `x` and `y`.
        root: Folder of the data sets, see `data_root`.

    Raises:
        InputError: If there is no such table, or it cannot be used.
    """
    if name not in TABLES and not name.endswith(".npz"):
        raise InputError(f"unknown data set {name!r}: {near(name, TABLES)}, or give an .npz")
    return _load(name, data_root(root))


@lru_cache(maxsize=1)
def _load(name: str, root: Path) -> TableArrays:
    return read_table(Path(name)) if name.endswith(".npz") else load_california_housing(root)


class TableData(InMemoryData):
    """A table, split twice and standardized as the book's chapter 10 does with California housing.

    A quarter of the rows, drawn at random, is the test set, a quarter of the others validates, as
    by two calls of scikit-learn's `train_test_split`. From each feature the mean of the training
    rows is subtracted, and the rest divided by their (biased) standard deviation. California
    housing gives 11,610 training, 3,870 validation and 5,160 test rows.

    Batches are (x, y): x float32 (n, features), or a tuple of such tensors, one for each of
    `inputs`; y float32 (n,) or (n, targets).

    Args:
        name: See `load_table`.
        root: Folder of the data sets; None for $DNN_TECHNIQUES_DATA or the user's cache.
        batch_size: Rows in a training minibatch; the last one of an epoch may be smaller.
        inputs: Which features each input of the net gets; None for one input of all.
        split_seed: Seed of the splits; None for the run's, so that each seed has splits of its own,
            as each run of the book's code has.

    Raises:
        InputError: If a value is out of range; in `prepare_data`, if the table cannot be used.
    """

    def __init__(
        self,
        name: str = "california_housing",
        root: str | os.PathLike[str] | None = None,
        batch_size: int = 32,
        inputs: Sequence[Sequence[int]] | None = None,
        split_seed: int | None = None,
    ) -> None:
        super().__init__(batch_size)
        if split_seed is not None and not 0 <= split_seed < 2**32:
            raise InputError(f"split_seed must be in [0, 2**32), got {split_seed}")
        if inputs is not None and not (inputs and all(inputs)):
            raise InputError(f"inputs must name features for each input, got {inputs}")
        self.table = name
        self.root = root
        self.inputs = inputs
        self.split_seed = split_seed

    @property
    def arrays(self) -> TableArrays:
        """The table as it was read."""
        return load_table(self.table, self.root)

    @property
    def input_sizes(self) -> list[int]:
        """Number of features that each input gets."""
        if self.inputs is None:
            return [self.arrays.x.shape[1]]
        return [len(features) for features in self.inputs]

    @property
    def targets(self) -> int:
        """Number of targets of a row."""
        return math.prod(self.arrays.y.shape[1:])

    def prepare_data(self) -> None:
        """Find, download if needed, and check the table, and that it has the wanted features."""
        features = self.arrays.x.shape[1]
        for feature in (f for own in self.inputs or () for f in own):
            if not 0 <= feature < features:
                raise InputError(f"inputs must be from 0 to {features - 1}, got {feature}")

    def setup(self, stage: str) -> None:
        """Split and standardize, and move the tensors to the training device if they fit there."""
        x, y = self.arrays.x, self.arrays.y
        train, valid, test = self.split(len(x))
        shift, scale = x[train].mean(axis=0), x[train].std(axis=0)
        scale[(x[train] == x[train][0]).all(axis=0)] = 1  # constant: its deviation says nothing
        standardized = torch.from_numpy((x - shift) / scale).float()
        targets = torch.from_numpy(y).float()
        device = self.device_for(x.size + y.size)

        def part(rows: np.ndarray) -> tuple[Inputs, Tensor]:
            return self._inputs(standardized[rows].to(device)), targets[rows].to(device)

        self.seed_order()
        self.train, self.valid, self.test = part(train), part(valid), part(test)

    def split(self, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numbers of the rows that train, validate and test."""
        from sklearn.model_selection import train_test_split

        if self.split_seed is None:  # once: a later test has the splits of the training
            seed = torch.initial_seed() if self.seed is None else self.seed
            self.split_seed = seed % 2**32
        others, test = train_test_split(np.arange(rows), random_state=self.split_seed)
        train, valid = train_test_split(others, random_state=self.split_seed)
        return train, valid, test

    def state_dict(self) -> dict[str, Any]:
        """The state of the shuffling, and the seed of the splits."""
        return super().state_dict() | {"split_seed": self.split_seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the shuffling of a checkpoint, on its splits, whatever was asked for.

        On others it would be tested on rows that it has been trained on.
        """
        if state_dict["split_seed"] != self.split_seed:
            self.split_seed = state_dict["split_seed"]
            self.setup("fit")
        super().load_state_dict(state_dict)

    def _inputs(self, x: Tensor) -> Inputs:
        if self.inputs is None:
            return x
        parts = tuple(x[:, list(features)] for features in self.inputs)
        return parts if len(parts) > 1 else parts[0]
