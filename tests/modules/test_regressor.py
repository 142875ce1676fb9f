from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.data import TableData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import RegressionMLP, Regressor
from tests.data.tables import housing_file, table_file
from tests.modules.trainer import trainer

OUTPUTS = torch.tensor([[1.0], [2.5], [-4.0]])
TARGETS = torch.tensor([0.5, 2.5, -1.0])  # errors .5, 0, -3


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ("mse", (0.25 + 0 + 9) / 3),
        ("mae", (0.5 + 0 + 3) / 3),
        ("huber", (0.125 + 0 + 2.5) / 3),  # as Keras's, which bends at 1
    ],
)
def test_losses(criterion: Any, expected: float) -> None:
    module = Regressor(nn.Linear(1, 1), criterion=criterion)
    assert module.data_loss(OUTPUTS, TARGETS).item() == pytest.approx(expected, rel=1e-6)
    assert module.metrics(OUTPUTS, TARGETS)["mae"].item() == pytest.approx(3.5 / 3, rel=1e-6)


def test_targets_of_one_number_are_not_compared_with_every_output() -> None:
    """What torch's own losses do, with a warning."""
    module = Regressor(nn.Linear(1, 1))
    with pytest.warns(UserWarning, match="target size"):
        of_all = nn.functional.mse_loss(OUTPUTS, TARGETS)
    assert module.data_loss(OUTPUTS, TARGETS) != pytest.approx(of_all)
    assert module.data_loss(OUTPUTS, TARGETS) == module.data_loss(OUTPUTS, TARGETS[:, None])


def test_several_targets_count_alike() -> None:
    outputs, targets = torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    assert Regressor(nn.Linear(1, 2)).data_loss(outputs, targets).item() == (1 + 4 + 9) / 4


def test_targets_of_another_shape_and_unknown_losses() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\) targets do not fit outputs \(3, 1\)"):
        Regressor(nn.Linear(1, 1)).data_loss(OUTPUTS, torch.zeros(3, 2))
    criterion: Any = "l2"
    with pytest.raises(ValueError, match="criterion must be one of mse, mae, huber; got 'l2'"):
        Regressor(nn.Linear(1, 1), criterion=criterion)


def test_logged_figures_are_means_over_all_rows(tmp_path: Path) -> None:
    housing_file(tmp_path)
    data = TableData(root=tmp_path, split_seed=0)
    module = Regressor(MLP(8, (), 1), lr=0.0)
    fit = trainer(max_epochs=1)
    fit.fit(module, data)
    parts = {"": data.train, "val_": data.valid}
    for prefix, (x, y) in parts.items():
        errors: Tensor = module(x)[:, 0] - y
        loss, mae = errors.square().mean().item(), errors.abs().mean().item()
        assert fit.callback_metrics[f"{prefix}loss"] == pytest.approx(loss, rel=1e-5)
        assert fit.callback_metrics[f"{prefix}mae"] == pytest.approx(mae, rel=1e-5)


@pytest.mark.parametrize("criterion", ["mse", "mae", "huber"])
def test_learns(criterion: Any, tmp_path: Path) -> None:
    """A table whose target is a linear function of the features, without noise."""
    data = TableData(str(table_file(tmp_path / "own.npz")), split_seed=0, batch_size=4)
    module = RegressionMLP(in_features=3, criterion=criterion, lr=0.02)
    fit = trainer(max_epochs=60)
    fit.fit(module, data)
    assert fit.callback_metrics["val_mae"] < 0.25


def test_the_book_s_net() -> None:
    shapes = [tuple(p.shape) for p in RegressionMLP().parameters()]
    assert shapes == [(30, 8), (30,), (1, 30), (1,)]
