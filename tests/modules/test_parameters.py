from torch import nn

from dnn_techniques.modules import count_parameters


def test_frozen_and_moving_values_are_not_trainable() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    count = count_parameters(net)
    assert (count.trainable, count.non_trainable, count.total) == (7, 8 + 4, 19)
