from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from dnn_techniques.data import TableData
from dnn_techniques.modules import AuxiliaryOutputNet, TwoInputsNet, WideDeepNet, summary
from tests.data.tables import housing_file

INPUTS = [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]]
RANDOM = torch.Generator().manual_seed(0)
WIDE, DEEP = torch.randn(4, 5, generator=RANDOM), torch.randn(4, 6, generator=RANDOM)
Y = torch.randn(4)


def table(root: Path, inputs: Any = INPUTS) -> TableData:
    housing_file(root)
    return TableData(root=root, inputs=inputs, split_seed=0)


def by_hand(net: Any, wide: torch.Tensor, deep: torch.Tensor) -> tuple[Any, Any]:
    """The output of the book's functional model, and that of its second hidden layer."""
    first, second = net.deep.hidden1, net.deep.hidden2
    hidden = F.relu(F.linear(deep, first.weight, first.bias))
    hidden = F.relu(F.linear(hidden, second.weight, second.bias))
    both_paths = torch.cat([wide, hidden], dim=1)
    return F.linear(both_paths, net.output.weight, net.output.bias), hidden


def test_one_input_goes_both_ways() -> None:
    net = WideDeepNet().net
    x = torch.randn(4, 8)
    assert torch.allclose(net(x), by_hand(net, x, x)[0])
    assert sum(p.numel() for p in net.parameters()) == 270 + 930 + 39


def test_two_inputs_go_one_way_each() -> None:
    net = TwoInputsNet().net
    assert torch.allclose(net(WIDE, DEEP), by_hand(net, WIDE, DEEP)[0])
    assert sum(p.numel() for p in net.parameters()) == 210 + 930 + 36


def test_the_auxiliary_output_sees_the_deep_path_only() -> None:
    module = AuxiliaryOutputNet()
    main, auxiliary = module(WIDE, DEEP)
    output, hidden = by_hand(module.net, WIDE, DEEP)
    layer: Any = module.net.auxiliary
    assert torch.allclose(main, output)
    assert torch.allclose(auxiliary, F.linear(hidden, layer.weight, layer.bias))
    assert sum(p.numel() for p in module.parameters()) == 210 + 930 + 36 + 31


def test_the_loss_is_the_weighted_sum() -> None:
    module = AuxiliaryOutputNet()
    figures = module.figures(((WIDE, DEEP), Y))
    main, auxiliary = (y[:, 0] for y in module(WIDE, DEEP))
    losses = [(y - Y).square().mean().item() for y in (main, auxiliary)]
    assert figures["main_loss"].item() == pytest.approx(losses[0], rel=1e-5)
    assert figures["auxiliary_loss"].item() == pytest.approx(losses[1], rel=1e-5)
    weighted = 0.9 * losses[0] + 0.1 * losses[1]
    assert figures["loss"].item() == pytest.approx(weighted, rel=1e-5)
    assert figures["mae"].item() == pytest.approx((main - Y).abs().mean().item(), rel=1e-5)


def test_summary_shows_both_paths() -> None:
    lines = [line.split() for line in summary(AuxiliaryOutputNet()).splitlines()[2:-4]]
    assert [(line[0], line[-2], line[-1]) for line in lines] == [
        ("deep.hidden1", "30)", "210"),
        ("deep.activation1", "30)", "0"),
        ("deep.hidden2", "30)", "930"),
        ("deep.activation2", "30)", "0"),
        ("output", "1)", "36"),
        ("auxiliary", "1)", "31"),
    ]


def test_a_deep_path_needs_a_layer() -> None:
    with pytest.raises(ValueError, match="hidden must have a layer"):
        WideDeepNet(hidden=())
