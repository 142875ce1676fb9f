import pytest
from torch import Tensor, nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP, choose_layers, named_layers

NET = MLP(4, (3, 2), 1)


class Pair(nn.Module):
    """A net that is no sequence, with one in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = MLP(4, (3,), 2)
        self.output = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.output((self.tower(x[:, 0]) - self.tower(x[:, 1])).abs())
        return y


def test_layers_of_a_sequence_and_of_other_nets() -> None:
    assert list(named_layers(NET)) == [
        "flatten",
        "hidden1",
        "activation1",
        "hidden2",
        "activation2",
        "output",
    ]
    assert list(named_layers(Pair())) == [
        "tower.flatten",
        "tower.hidden1",
        "tower.activation1",
        "tower.output",
        "output",
    ]


@pytest.mark.parametrize(
    ("layers", "chosen"),
    [
        (["hidden1"], ["hidden1"]),
        (["hidden*"], ["hidden1", "hidden2"]),
        ([1, -1], ["hidden1", "output"]),
        (["output", 0], ["flatten", "output"]),
        (["hidden[2-9]", "hidden2"], ["hidden2"]),
        ([], []),
    ],
)
def test_names_positions_and_patterns(layers: list[int | str], chosen: list[str]) -> None:
    assert list(choose_layers(NET, layers)) == chosen


def test_a_sequence_stands_for_its_layers() -> None:
    assert len(choose_layers(Pair(), ["tower"])) == 4
    assert list(choose_layers(Pair(), ["tower.hid*"])) == ["tower.hidden1"]
    assert len(choose_layers(Pair(), ["*"])) == 5


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("hiden1", "layer 'hiden1': the net has no such layer, did you mean hidden1"),
        (6, "layer 6: the net has 6 layers, from 0 to 5"),
        (-7, "layer -7: the net has 6 layers, from 0 to 5"),
    ],
)
def test_what_is_no_layer_is_refused(layer: int | str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_layers(NET, [layer])
