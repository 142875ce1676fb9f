"""The range test measures what a plain loop measures, stops in time and leaves no trace."""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim import SGD, Adam
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.optim.lr_range_test import Batch, LRRangeTest, lr_range_test


class Net(nn.Sequential):
    """Everything that training moves: weights, BN statistics, dropout, buffers of any kind."""

    noise: Tensor
    calls: Tensor

    def __init__(self) -> None:
        super().__init__(
            nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)
        )
        self.register_buffer("noise", torch.zeros(8), persistent=False)
        self.register_buffer("calls", torch.tensor(0.0))

    def forward(self, input: Tensor) -> Tensor:
        self.noise.add_(torch.randn(8))
        self.calls = self.calls + 1  # a new tensor, as many modules do
        output: Tensor = super().forward(input)
        return output


def make_data() -> TensorDataset:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, 4, generator=generator)
    return TensorDataset(x, x.argmax(dim=1).clamp(max=2))


def make_batches() -> list[Batch]:
    """Seven batches of 8, the last one of 2."""
    x, y = make_data().tensors
    return list(zip(x.split(8), y.split(8), strict=True))


def snapshot(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    tensors = dict(model.named_parameters()) | dict(model.named_buffers())
    return copy.deepcopy(
        {
            "tensors": {name: tensor.detach() for name, tensor in tensors.items()},
            "gradients": [parameter.grad for parameter in model.parameters()],
            "modes": [module.training for module in model.modules()],
            "optimizer": optimizer.state_dict(),
            "generator": torch.get_rng_state(),
        }
    )


def assert_same(left: Any, right: Any) -> None:
    torch.testing.assert_close(left, right, rtol=0, atol=0)


# --- what it measures ---


def test_rates_and_losses_are_those_of_a_plain_loop() -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    by_hand = copy.deepcopy(model)
    batches = make_batches()
    result = lr_range_test(
        model, SGD(model.parameters(), lr=0.5), F.cross_entropy, batches, max_lr=1.0, steps=10
    )

    factor, rate, total, samples = math.exp(math.log(1.0 / 1e-5) / 10), 1e-5, 0.0, 0
    for step, (x, y) in enumerate(batches + batches[:3]):
        loss = F.cross_entropy(by_hand(x), y)
        by_hand.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in by_hand.parameters():
                assert parameter.grad is not None
                parameter.sub_(rate * parameter.grad)
        total += loss.item() * len(y)
        samples += len(y)
        assert result.rates[step] == pytest.approx(rate, rel=1e-12)
        assert result.losses[step] == pytest.approx(loss.item(), rel=1e-6)
        assert result.running_means[step] == pytest.approx(total / samples, rel=1e-6)
        rate *= factor
    assert rate == pytest.approx(1.0, rel=1e-12)
    assert len(result.rates) == len(result.losses) == len(result.running_means) == 10
    assert not result.diverged


def test_one_pass_over_the_batches_is_the_default() -> None:
    model = nn.Linear(4, 3)
    result = lr_range_test(
        model, SGD(model.parameters()), F.cross_entropy, make_batches(), 0.001, 0.1
    )
    assert len(result.rates) == 7
    assert result.rates[0] == 0.001
    assert result.rates[-1] == pytest.approx(0.1 / 100 ** (1 / 7), rel=1e-12)


def quadratic(offset: float = 0.0) -> tuple[nn.Module, Callable[[Tensor, Tensor], Tensor]]:
    """Loss 5 (w - y)^2 + offset of one weight w that starts at 1.

    A step of rate r multiplies w - y by 1 - 10 r, so with one target y the loss falls for rates
    below 0.2 and climbs above.
    """
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model, lambda w, y: 5 * (w - y).square().mean() + offset


def target(y: float) -> Batch:
    return torch.ones(1, 1), torch.full((1, 1), y)


def test_stops_when_the_loss_explodes() -> None:
    model, loss_fn = quadratic()
    noisy = [target(0.1), target(-0.1)]  # keeps w from settling where no rate would move it
    result = lr_range_test(
        model, SGD(model.parameters()), loss_fn, noisy, min_lr=1e-3, max_lr=10, steps=400
    )
    assert result.diverged
    exploded = [
        loss > 4 * min(result.running_means[:i]) for i, loss in enumerate(result.losses) if i > 0
    ]
    assert exploded.index(True) == len(exploded) - 1
    assert result.turning_point < result.rates[-1] < 0.2


def test_suggests_a_tenth_of_the_turning_point_of_the_smoothed_loss() -> None:
    """The running mean is lowest at the end, and a lucky batch has the lowest loss."""
    rates = [10 ** (i / 100 - 4) for i in range(400)]
    losses = [1 + (math.log10(rate) + 2) ** 2 for rate in rates]
    losses[50] = 0.1
    means = list(np.cumsum(losses) / np.arange(1, 401))
    result = LRRangeTest(rates, losses, means, diverged=False)
    assert result.turning_point == pytest.approx(1e-2, rel=1e-6)
    assert result.suggest() == pytest.approx(1e-3, rel=1e-6)
    assert result.smoothed[200] == pytest.approx(np.mean(losses[190:211]))
    assert rates[means.index(min(means))] > 0.05


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_stops_at_a_loss_that_is_not_finite(bad: float) -> None:
    model = nn.Linear(4, 3)
    losses = iter([3.0, 2.0, 1.0, bad])

    def loss_fn(outputs: Tensor, _: Tensor) -> Tensor:
        return outputs.sum() * 0 + next(losses)

    result = lr_range_test(model, SGD(model.parameters()), loss_fn, make_batches())
    assert result.diverged
    assert result.losses == [3, 2, 1]
    assert result.running_means == [3, 2.5, 2]
    assert result.suggest() == result.rates[2] / 10


def test_negative_losses_are_no_divergence() -> None:
    model, loss_fn = quadratic(offset=-50.0)
    optimizer = SGD(model.parameters())
    result = lr_range_test(model, optimizer, loss_fn, [target(0)], max_lr=0.1, steps=20)
    assert len(result.rates) == 20
    assert not result.diverged


def test_no_suggestion_without_a_turning_point() -> None:
    model, loss_fn = quadratic()
    optimizer = SGD(model.parameters())
    falling = lr_range_test(model, optimizer, loss_fn, [target(0)], max_lr=0.05, steps=50)
    with pytest.raises(ValueError, match=r"^the loss still fell at 0.0421687: raise max_lr$"):
        falling.suggest()
    climbing = lr_range_test(
        model, optimizer, loss_fn, [target(0)], min_lr=0.25, max_lr=0.5, steps=50
    )
    with pytest.raises(ValueError, match=r"^the loss never fell from min_lr = 0.25 on: lower it$"):
        climbing.suggest()
    short = lr_range_test(model, optimizer, loss_fn, [target(0)], max_lr=0.05, steps=1)
    with pytest.raises(ValueError, match=r"^the loss of one step has no turning point: make more"):
        short.suggest()


# --- what it leaves behind: nothing ---


class StopTestError(Exception):
    pass


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("make_optimizer", [Adam, lambda p: SGD(p, lr=0.1, momentum=0.9)])
def test_restores_everything(
    fails: bool, make_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
) -> None:
    torch.manual_seed(0)
    model = Net()
    # A parameter beyond the optimizer's: nothing zeroes its gradient.
    optimizer = make_optimizer(p for name, p in model.named_parameters() if name != "4.bias")
    for x, y in make_batches()[:2]:  # so that there is a state, and gradients, to lose
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    model[1].train()
    model[4].weight.requires_grad = False
    before = snapshot(model, optimizer)
    inside: list[dict[str, Any]] = []

    def loss_fn(outputs: Tensor, y: Tensor) -> Tensor:
        inside.append(snapshot(model, optimizer))
        if fails and len(inside) == 4:
            raise StopTestError
        return F.cross_entropy(outputs, y)

    if fails:
        with pytest.raises(StopTestError):
            lr_range_test(model, optimizer, loss_fn, make_batches())
    else:
        lr_range_test(model, optimizer, loss_fn, make_batches())
    assert_same(snapshot(model, optimizer), before)

    # It had something to restore.
    assert all(inside[3]["modes"])
    moved = [n for n, t in before["tensors"].items() if not t.equal(inside[3]["tensors"][n])]
    assert set(before["tensors"]) - set(moved) == {"4.weight", "4.bias"}
    assert not inside[3]["generator"].equal(before["generator"])
    assert inside[3]["optimizer"]["param_groups"][0]["lr"] < 0.01


def test_restores_an_optimizer_that_never_stepped() -> None:
    model = Net()
    optimizer = Adam(model.parameters())
    lr_range_test(model, optimizer, F.cross_entropy, make_batches())
    assert not optimizer.state
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("own_generator", [False, True])
def test_training_afterwards_is_the_same_as_without_it(own_generator: bool) -> None:
    def train(test_first: bool) -> dict[str, Tensor]:
        torch.manual_seed(0)
        model = Net()
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        generator = torch.Generator().manual_seed(7) if own_generator else None
        loader = DataLoader(make_data(), batch_size=8, shuffle=True, generator=generator)
        for epoch in range(2):
            if epoch == 1 and test_first:
                lr_range_test(model, optimizer, F.cross_entropy, loader, steps=10)
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            scheduler.step()
        return model.state_dict()

    assert_same(train(test_first=True), train(test_first=False))


# --- the picture ---


def test_plot_is_the_notebooks() -> None:
    result = LRRangeTest([0.1, 1.0, 10.0, 100.0], [4, 1, 1, 50], [4, 2.5, 2, 14], diverged=True)
    ax = Figure().subplots()
    result.plot(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Learning rate", "Loss")
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == (0.1, 100)
    assert ax.get_ylim() == (1, 2.5)
    batch, mean, smoothed, turn = ax.get_lines()
    for line, x, y in [
        (batch, result.rates, result.losses),
        (mean, result.rates, result.running_means),
        (smoothed, result.rates, result.losses),
        (turn, [1], [1]),
    ]:
        assert np.asarray(line.get_data()).tolist() == [x, y]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("losses", [[1.0], [1.0, 2.0, 5.0]])
def test_plot_of_a_loss_that_never_fell(losses: list[float]) -> None:
    figure = Figure()
    rates = [10.0**i for i in range(len(losses))]
    LRRangeTest(rates, losses, losses, diverged=True).plot(figure.subplots())
    figure.canvas.draw()


# --- bad values ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_lr": 0.0}, r"min_lr must be in \(0, inf\), got 0.0"),
        ({"min_lr": math.nan}, r"min_lr must be in \(0, inf\), got nan"),
        ({"min_lr": 1.0, "max_lr": 1.0}, r"max_lr must be in \(1.0, inf\), got 1.0"),
        ({"max_lr": math.inf}, r"max_lr must be in \(1e-05, inf\), got inf"),
        ({"steps": 0}, r"steps must be at least 1, got 0"),
        ({"divergence": 1.0}, r"divergence must be above 1, got 1.0"),
        ({"batches": []}, r"steps must be at least 1, got 0"),
        (
            {"batches": iter(make_batches())},
            r"steps must be given for batches without a length, got None",
        ),
        (
            {"batches": iter(make_batches()), "steps": 8},
            r"batches must last for 8 steps, got 7",
        ),
        (
            {"loss_fn": lambda outputs, _: outputs.mean() * math.nan},
            r"the first loss must be finite, got nan",
        ),
    ],
)
def test_bad_values_are_refused_and_leave_no_trace(arguments: dict[str, Any], message: str) -> None:
    model = Net().eval()
    optimizer = SGD(model.parameters(), lr=0.5)
    before = snapshot(model, optimizer)
    defaults: dict[str, Any] = {"loss_fn": F.cross_entropy, "batches": make_batches()}
    with pytest.raises(ValueError, match=f"^{message}$"):
        lr_range_test(model, optimizer, **(defaults | arguments))
    assert_same(snapshot(model, optimizer), before)


def test_it_goes_on_through_an_explosion_if_told_to() -> None:
    seen: list[float] = []

    def loss(outputs: Tensor, labels: Tensor) -> Tensor:
        seen.append(optimizer.param_groups[0]["lr"])
        exploded = 3 <= len(seen) <= 4
        return outputs.mean() + (math.nan if exploded else 100.0 * len(seen))

    model = nn.Linear(4, 3)
    optimizer = SGD(model.parameters(), lr=1.0)
    batches = make_batches()
    test = lr_range_test(model, optimizer, loss, batches, 1e-9, 1e-8, divergence=math.inf)
    assert test.diverged
    rates = [1e-9 * 10 ** (step / 7) for step in range(7)]
    assert seen == pytest.approx(rates)
    assert len(test.losses) == len(test.running_means) == len(test.rates)
    assert all(math.isfinite(loss) for loss in test.losses)
    assert test.rates == pytest.approx(rates[:2] + rates[4:])
