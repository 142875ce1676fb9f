"""Nets of several inputs and outputs, weighted classes, several labels: trained fast as plainly."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.data import ImageData
from dnn_techniques.engine.epoch_loop import FastEpochLoop
from dnn_techniques.engine.graph import GraphStep
from dnn_techniques.engine.stacked import why_not_stackable
from dnn_techniques.layers import MLP
from dnn_techniques.modules import (
    AuxiliaryOutputNet,
    DigitPropertiesNet,
    TwoInputsNet,
    WeightedClassifier,
    WideDeepNet,
)
from tests.engine.recorder import recorder
from tests.engine.training import both, same_weights
from tests.modules.test_wide_deep import INPUTS, table
from tests.modules.trainer import trainer


@pytest.mark.parametrize("kind", [WideDeepNet, TwoInputsNet, AuxiliaryOutputNet])
@pytest.mark.parametrize("optimizer", ["sgd", "nadam"])
def test_wide_and_deep(kind: Any, optimizer: str, tmp_path: Path) -> None:
    inputs = None if kind is WideDeepNet else INPUTS

    def make() -> Any:
        module = kind(lr=0.01)
        module.optimizer = optimizer
        return module

    both(make, lambda: {"datamodule": table(tmp_path, inputs)})


def test_loaders_of_torch_hand_lists_of_inputs(tmp_path: Path) -> None:
    """Rows are collated to lists, where `TableData` has tuples."""
    data = table(tmp_path)
    data.setup("fit")
    (wide, deep), y = data.train
    rows: Any = [((wide[i], deep[i]), y[i]) for i in range(len(y))]
    both(AuxiliaryOutputNet, lambda: {"train_dataloaders": DataLoader(rows, 32)})


def test_a_recorded_training_is_the_plain_one(tmp_path: Path) -> None:
    """As on a GPU, with a stand-in for its recorder."""
    torch.manual_seed(0)
    plain = AuxiliaryOutputNet(lr=0.01)
    recorded = copy.deepcopy(plain)
    for module in (plain, recorded):
        data = table(tmp_path)
        data.seed = 0
        fit = trainer(max_epochs=2)
        if module is recorded:
            step = partial(GraphStep, record=recorder(module))
            fit.fit_loop.epoch_loop = FastEpochLoop(fit, step, "cpu", pytest.fail)
        fit.fit(module, data)
    loop: Any = fit.fit_loop.epoch_loop
    assert loop.step.replay is not None
    same_weights(plain.state_dict(), recorded.state_dict())


def weighted(**options: Any) -> WeightedClassifier:
    torch.manual_seed(0)
    return WeightedClassifier(MLP(4, (8,), 3), class_weights=[1.0, 2.0, 5.0], **options)


def test_weighted_classes_and_samples() -> None:
    x, y, w = torch.randn(48, 4), torch.randint(3, (48,)), torch.rand(48)
    order = torch.Generator()

    def loaders() -> dict[str, Any]:
        order.manual_seed(0)
        rows = TensorDataset(x, y, w)
        return {"train_dataloaders": DataLoader(rows, 8, shuffle=True, generator=order)}

    both(lambda: weighted(lr=0.1), loaders)
    assert why_not_stackable(weighted()) == "WeightedClassifier has its own figures"


def test_several_labels(archive: Callable[..., Path]) -> None:
    root = archive("mnist").parent
    loaders = lambda: {"datamodule": ImageData("mnist", root, validation=50)}  # noqa: E731
    both(lambda: DigitPropertiesNet(hidden=(20,)), loaders)
