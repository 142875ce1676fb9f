import copy

import pytest
import torch
from torch import nn

from dnn_techniques.layers import MLP, sparsity_report
from dnn_techniques.layers.iterative_pruning import IterativePruning

STEPS = 100


def net() -> MLP:
    torch.manual_seed(0)
    return MLP(10, (20, 15), 4, norm="after")


def train(model: nn.Module, pruning: IterativePruning, first: int = 1) -> list[float]:
    """Share of zeros after each step; the steps move every weight."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = torch.randn(64, 10, generator=torch.Generator().manual_seed(1))
    pruning.start(model)
    zeros = []
    for step in range(first, STEPS + 1):
        optimizer.zero_grad()
        (model(x) - 1).square().mean().backward()
        optimizer.step()
        pruning(model, step, STEPS)
        zeros.append(sparsity_report(model).total)
    return zeros


def test_the_share_of_zeros_follows_the_schedule_and_stays() -> None:
    zeros = train(net(), IterativePruning(0.9, rounds=5, until=0.5))
    size = 10 * 20 + 20 * 15 + 15 * 4
    shares = [0.9 * (1 - (1 - k / 5) ** 3) for k in range(6)]
    expected = [shares[min(5, step // 10)] for step in range(1, STEPS + 1)]
    assert zeros == pytest.approx(expected, abs=0.51 / size)
    assert zeros[8] == 0
    assert zeros[-1] == zeros[49] == pytest.approx(0.9, abs=0.51 / size)


def test_the_smallest_weights_of_all_layers_go_and_the_others_are_left() -> None:
    model = net()
    pruning = IterativePruning(0.5, rounds=1, until=1.0)
    pruning.start(model)
    before = copy.deepcopy(model.state_dict())
    pruning(model, STEPS - 1, STEPS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    pruning(model, STEPS, STEPS)
    old = torch.cat([v.flatten() for v in before.values() if v.ndim == 2])
    new = torch.cat([v.flatten() for v in model.state_dict().values() if v.ndim == 2])
    assert int((new == 0).sum()) == 280
    assert old[new == 0].abs().max() <= old[new != 0].abs().min()
    assert torch.equal(old[new != 0], new[new != 0])
    others = {k: v for k, v in model.state_dict().items() if v.ndim < 2}
    assert all(torch.equal(value, before[name]) for name, value in others.items())


def test_weights_that_went_never_come_back() -> None:
    model, pruning = net(), IterativePruning(0.9, rounds=5, until=0.5)
    train(model, pruning)
    gone = [weight == 0 for weight in (p for p in model.parameters() if p.ndim == 2)]
    assert all(torch.equal(*pair) for pair in zip(gone, pruning.pruned, strict=True))
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1)
    pruning(model, STEPS, STEPS)
    found = [weight == 0 for weight in (p for p in model.parameters() if p.ndim == 2)]
    assert all(torch.equal(*pair) for pair in zip(gone, found, strict=True))


def test_a_new_start_knows_the_zeros() -> None:
    model, pruning = net(), IterativePruning(0.9, rounds=5, until=0.5)
    train(model, pruning)
    again = IterativePruning(0.9, rounds=5, until=0.5)
    assert train(model, again, first=60) == pytest.approx([0.9] * 41, abs=0.001)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 1.0}, r"share must be in \[0, 1\), got 1.0"),
        ({"share": 0.5, "rounds": 0}, "rounds must be at least 1, got 0"),
        ({"share": 0.5, "until": 0.0}, r"until must be in \(0, 1\], got 0.0"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IterativePruning(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one weight of two or more dimensions"):
        IterativePruning(0.5).start(nn.ReLU())
