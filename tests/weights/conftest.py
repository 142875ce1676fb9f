import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dnn_techniques.layers import Dense, KerasBatchNorm1d

HERE = Path(__file__).parent
Net = Callable[..., nn.Sequential]


@pytest.fixture(scope="session")
def keras_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that Keras wrote, see make_keras_files.py."""
    folder = tmp_path_factory.mktemp("keras_files")
    with zipfile.ZipFile(HERE / "keras_files.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def predictions() -> dict[str, Any]:
    """What Keras predicts with these files: tensors x, logits, probabilities and wide_deep."""
    values = json.loads((HERE / "predictions.json").read_text())
    return {name: torch.tensor(values[name]) for name in values if name != "versions"}


@pytest.fixture
def make_net() -> Net:
    """Makes our counterpart of the net in the files; arguments replace its layers."""

    def make(**replaced: nn.Module) -> nn.Sequential:
        layers: dict[str, nn.Module] = {
            "flatten": nn.Flatten(),
            "norm0": KerasBatchNorm1d(4),
            "hidden1": Dense(4, 5, bias=False),
            "norm1": KerasBatchNorm1d(5),
            "activation1": nn.PReLU(5),
            "dropout": nn.Dropout(0.2),
            "hidden2": Dense(5, 4),
            "activation2": nn.LeakyReLU(0.3),
            "output": Dense(4, 3),
        }
        net = nn.Sequential()
        for name, layer in {**layers, **replaced}.items():
            net.add_module(name, layer)
        return net.eval()

    return make
