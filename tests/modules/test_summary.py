import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.modules import BNAfterActivation, MNISTPairNet, summary


class TwoOutputs(pl.LightningModule):
    """A module of somebody's own, with a long name and a layer that gives no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.a_layer_whose_name_does_not_fit_into_its_column = nn.Linear(3, 2)
        self.lstm = nn.LSTM(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.lstm(self.a_layer_whose_name_does_not_fit_into_its_column(x))
        return outputs


def test_layers_in_order_and_the_documented_number_of_parameters() -> None:
    lines = summary(BNAfterActivation()).splitlines()
    assert [line.split() for line in lines[2:-4]] == [
        ["flatten", "(Flatten)", "(n,", "784)", "0"],
        ["norm0", "(KerasBatchNorm1d)", "(n,", "784)", "3,136"],
        ["hidden1", "(Dense)", "(n,", "300)", "235,500"],
        ["activation1", "(ReLU)", "(n,", "300)", "0"],
        ["norm1", "(KerasBatchNorm1d)", "(n,", "300)", "1,200"],
        ["hidden2", "(Dense)", "(n,", "100)", "30,100"],
        ["activation2", "(ReLU)", "(n,", "100)", "0"],
        ["norm2", "(KerasBatchNorm1d)", "(n,", "100)", "400"],
        ["output", "(Dense)", "(n,", "10)", "1,010"],
    ]
    assert lines[-3:] == [
        "Total parameters: 271,346",
        "Trainable: 268,978",
        "Non-trainable: 2,368",
    ]


def test_a_net_of_pairs() -> None:
    text = summary(MNISTPairNet(in_features=6, hidden=(5,)))
    assert "tower_b.hidden1 (Dense)" in text
    assert "Total parameters: 191\n" in text  # 2 x 35, 110 and 11
    assert "(n, 10)" in text


def test_a_module_of_ones_own_within_80_columns() -> None:
    module = TwoOutputs()
    module.example_input_array = torch.zeros(4, 3)
    text = summary(module)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "lstm (LSTM) " in text
    assert "Total parameters: 56\n" in text
    assert not module.lstm._forward_hooks
    assert module.training


def test_without_an_input_there_are_no_shapes() -> None:
    with pytest.raises(InputError, match="TwoOutputs has no example_input_array"):
        summary(TwoOutputs())
