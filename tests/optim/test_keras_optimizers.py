import io
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from dnn_techniques.optim.adadelta import KerasAdadelta
from dnn_techniques.optim.adagrad import KerasAdagrad
from dnn_techniques.optim.adam import KerasAdam
from dnn_techniques.optim.adamax import KerasAdamax
from dnn_techniques.optim.ftrl import Ftrl
from dnn_techniques.optim.nadam import KerasNadam
from dnn_techniques.optim.rmsprop import KerasRMSprop, TF1RMSprop
from dnn_techniques.optim.sgd import KerasSGD

TOLERANCE = 3e-6  # the goldens are float32
Make = Callable[..., Optimizer]
Distance = Callable[..., float]

GOLDEN: dict[str, Make] = {
    "adagrad": lambda ps: KerasAdagrad(ps, 0.05),
    "rmsprop": lambda ps: KerasRMSprop(ps, 0.05),
    "rmsprop_momentum": lambda ps: KerasRMSprop(ps, 0.05, momentum=0.9),
    "adam": lambda ps: KerasAdam(ps, 0.05),
    "adamax": lambda ps: KerasAdamax(ps, 0.05),
    "nadam": lambda ps: KerasNadam(ps, 0.05),
    "adadelta": lambda ps: KerasAdadelta(ps, 0.5),
    "ftrl": lambda ps: Ftrl(ps, 0.05, l1=0.01, l2=0.001),
}
# torch's classes at the same rate, with the distance that they keep at least.
TORCH: dict[str, tuple[Make, float]] = {
    "adagrad": (lambda ps: torch.optim.Adagrad(ps, 0.05), 0.1),
    "rmsprop": (lambda ps: torch.optim.RMSprop(ps, 0.05), 0.1),
    "rmsprop_momentum": (
        lambda ps: torch.optim.RMSprop(ps, 0.05, alpha=0.9, eps=1e-7, momentum=0.9),
        0.1,
    ),
    "adam": (lambda ps: torch.optim.Adam(ps, 0.05, eps=1e-7), 1e-4),
    "adamax": (lambda ps: torch.optim.Adamax(ps, 0.05), TOLERANCE),
    "nadam": (lambda ps: torch.optim.NAdam(ps, 0.05), TOLERANCE),
    "adadelta": (lambda ps: torch.optim.Adadelta(ps, 0.5), 1e-3),
}
DEFAULTS: dict[type[Optimizer], dict[str, Any]] = {
    KerasSGD: {"lr": 1e-2, "momentum": 0.0, "nesterov": False},
    KerasAdagrad: {"lr": 1e-3, "initial_accumulator_value": 0.1, "eps": 1e-7, "lr_decay": 0},
    KerasRMSprop: {"lr": 1e-3, "rho": 0.9, "momentum": 0.0, "eps": 1e-7},
    KerasAdam: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7},
    KerasAdamax: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7},
    KerasNadam: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7},
    KerasAdadelta: {"lr": 1e-3, "rho": 0.95, "eps": 1e-7},
    Ftrl: {"lr": 1e-3, "lr_power": -0.5, "initial_accumulator_value": 0.1, "l1": 0.0, "l2": 0.0},
}
ALL: dict[str, Make] = {
    "sgd": KerasSGD,
    "momentum": lambda ps, **kw: KerasSGD(ps, momentum=0.9, **kw),
    "nesterov": lambda ps, **kw: KerasSGD(ps, momentum=0.9, nesterov=True, **kw),
    "adagrad": KerasAdagrad,
    "rmsprop": KerasRMSprop,
    "rmsprop_momentum": lambda ps, **kw: KerasRMSprop(ps, momentum=0.9, **kw),
    "tf1_rmsprop": TF1RMSprop,
    "adam": KerasAdam,
    "adamax": KerasAdamax,
    "nadam": KerasNadam,
    "adadelta": KerasAdadelta,
    "ftrl": lambda ps, **kw: Ftrl(ps, l1=0.01, l2=0.001, **kw),
}
every_optimizer = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def weights() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in [(3, 2), (2,)]]


def descend(optimizer: Optimizer, params: list[nn.Parameter], steps: range) -> None:
    """Take steps with gradients that depend on the number of the step alone."""
    for t in steps:
        generator = torch.Generator().manual_seed(t)
        for p in params:
            p.grad = torch.randn(p.shape, generator=generator)
        optimizer.step()


def assert_same(actual: list[nn.Parameter], expected: list[nn.Parameter]) -> None:
    assert all(torch.equal(a, e) for a, e in zip(actual, expected, strict=True))


@pytest.mark.parametrize("name", GOLDEN)
def test_matches_keras(golden_distance: Distance, name: str) -> None:
    assert golden_distance(name, GOLDEN[name]) < TOLERANCE


@pytest.mark.parametrize("name", TORCH)
def test_torch_misses_keras(golden_distance: Distance, name: str) -> None:
    make, distance = TORCH[name]
    assert golden_distance(name, make) > distance


@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_defaults_are_those_of_keras(optimizer: Make) -> None:
    defaults = optimizer(weights()).defaults
    expected = DEFAULTS[optimizer]  # type: ignore[index]
    assert {name: defaults[name] for name in expected} == expected


def test_rmsprop_without_momentum_is_torchs(golden_distance: Distance) -> None:
    make = lambda ps: torch.optim.RMSprop(ps, 0.05, alpha=0.9, eps=1e-7)  # noqa: E731
    assert golden_distance("rmsprop", make) < TOLERANCE


def test_rmsprop_keeps_its_velocity_through_changes_of_rate_and_momentum() -> None:
    p = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = KerasRMSprop([p], momentum=0.9, eps=1e-2)
    w, a, b = 1.0, 0.0, 0.0
    for g, lr, momentum in [(1.0, 0.1, 0.9), (-0.3, 0.0, 0.9), (0.2, 0.1, 0.0), (0.5, 0.01, 0.9)]:
        a = 0.9 * a + 0.1 * g**2
        b = momentum * b + lr * g / math.sqrt(a + 1e-2)
        w -= b
        optimizer.param_groups[0].update(lr=lr, momentum=momentum)
        p.grad = torch.full_like(p, g)
        optimizer.step()
        assert p.item() == pytest.approx(w, abs=1e-14)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_tensorflow_1s_rmsprop_starts_at_1_and_has_eps_inside_the_root(momentum: float) -> None:
    p, other = (nn.Parameter(torch.tensor([1.0], dtype=torch.float64)) for _ in range(2))
    optimizer = TF1RMSprop([p], lr=0.1, momentum=momentum, eps=0.5)
    keras = KerasRMSprop([other], lr=0.1, momentum=momentum, eps=0.5)
    w, a, b = 1.0, 1.0, 0.0
    for g in (1.0, -0.3, 0.2):
        a = 0.9 * a + 0.1 * g**2
        b = momentum * b + 0.1 * g / math.sqrt(a + 0.5)
        w -= b
        for parameter, one in ((p, optimizer), (other, keras)):
            parameter.grad = torch.full_like(parameter, g)
            one.step()
        assert p.item() == pytest.approx(w, abs=1e-14)
        assert abs(other.item() - w) > 0.01


@pytest.mark.parametrize(
    ("momentum", "eps", "after"),
    [  # what tf.compat.v1.train.RMSPropOptimizer of TensorFlow 2.21 makes of 1; epsilon=True is 1
        (0.0, 1.0, [0.92928934, 0.95100224, 0.93618578]),
        (0.9, 1.0, [0.92928934, 0.88736266, 0.83481222]),
        (0.0, 1e-10, [0.9, 0.93146580, 0.90940773]),
        (0.9, 1e-10, [0.9, 0.84146583, 0.76672703]),
    ],
)
def test_tensorflow_1s_rmsprop_is_tensorflows(
    momentum: float, eps: float, after: list[float]
) -> None:
    p = nn.Parameter(torch.tensor([1.0]))
    optimizer = TF1RMSprop([p], lr=0.1, momentum=momentum, eps=eps)
    for g, w in zip((1.0, -0.3, 0.2), after, strict=True):
        p.grad = torch.full_like(p, g)
        optimizer.step()
        assert p.item() == pytest.approx(w, abs=2e-7)


def test_adam_is_torchs_with_a_moving_eps(golden_distance: Distance) -> None:
    def move_eps(params: list[nn.Parameter], optimizer: Optimizer, t: int) -> None:
        optimizer.param_groups[0]["eps"] = 1e-7 / math.sqrt(1 - 0.999 ** (t + 1))

    assert golden_distance("adam", lambda ps: torch.optim.Adam(ps, 0.05), move_eps) < TOLERANCE


def test_adamax_adds_eps_outside_the_maximum() -> None:
    gradients = torch.randn(200, generator=torch.Generator().manual_seed(1)).double() * 1e-7
    w, m, u = 1.0, 0.0, 0.0
    ours, torchs = (nn.Parameter(torch.tensor([1.0], dtype=torch.float64)) for _ in range(2))
    optimizers = [KerasAdamax([ours], 0.05), torch.optim.Adamax([torchs], 0.05, eps=1e-7)]
    for t, g in enumerate(gradients.tolist(), 1):
        m = 0.9 * m + 0.1 * g
        u = max(0.999 * u, abs(g))
        w -= 0.05 / (1 - 0.9**t) * m / (u + 1e-7)
        ours.grad = torch.full_like(ours, g)
        torchs.grad = torch.full_like(torchs, g)
        for optimizer in optimizers:
            optimizer.step()
    assert ours.item() == pytest.approx(w, abs=1e-12)
    assert abs(torchs.item() - w) > 1e-3


def test_ftrl_forgets_its_initial_weights() -> None:
    p = nn.Parameter(torch.tensor([1.0, -2.0]))
    p.grad = torch.tensor([0.1, 0.01])
    optimizer = Ftrl([p], 0.1)
    optimizer.step()
    kept = 1 - math.sqrt(0.1 / 0.11), 1 - math.sqrt(0.1 / 0.1001)
    assert p[0].item() == pytest.approx(kept[0] - 0.1 * 0.1 / math.sqrt(0.11), abs=1e-7)
    assert p[1].item() == pytest.approx(-2 * kept[1] - 0.1 * 0.01 / math.sqrt(0.1001), abs=1e-7)


def test_ftrl_with_power_zero_is_descent_from_zero() -> None:
    p = nn.Parameter(torch.tensor([3.0]))
    optimizer = Ftrl([p], lr=0.1, lr_power=0.0)
    for g in (1.0, 2.0, -0.5):
        p.grad = torch.tensor([g])
        optimizer.step()
    assert p.item() == pytest.approx(-0.1 * 2.5, abs=1e-7)


def test_ftrl_makes_exact_zeros(goldens: dict[str, Any]) -> None:
    values = goldens["optimizers"]
    params = [nn.Parameter(torch.tensor(w)) for w in values["initial"]]
    optimizer = Ftrl(params, 0.05, l1=0.01, l2=0.001)
    for p, g in zip(params, values["gradients"][0], strict=True):
        p.grad = torch.tensor(g)
    optimizer.step()
    for p, w in zip(params, values["after_step"]["ftrl"][0]["params"], strict=True):
        assert torch.equal(p == 0, torch.tensor(w) == 0)
    assert any((p == 0).any() for p in params)


def test_ftrl_refuses_a_step_with_rate_zero() -> None:
    params = weights()
    optimizer = Ftrl(params)
    optimizer.param_groups[0]["lr"] = 0.0
    with pytest.raises(ValueError, match="lr must be above 0, got 0"):
        descend(optimizer, params, range(1))


@every_optimizer
def test_resumes_to_the_bit(make: Make) -> None:
    whole, parts = weights(), weights()
    optimizer = make(whole, lr=0.05)
    descend(optimizer, whole, range(15))

    first = make(parts, lr=0.05)
    descend(first, parts, range(7))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = make(parts, lr=0.7)
    second.load_state_dict(torch.load(file))
    descend(second, parts, range(7, 15))
    assert_same(parts, whole)


@every_optimizer
def test_groups_have_their_own_rates(make: Make) -> None:
    together, first, second = weights(), weights()[:1], weights()[1:]
    groups = [{"params": together[:1]}, {"params": together[1:], "lr": 0.5}]
    optimizer = make(groups, lr=0.05)
    fast, slow = make(second, lr=0.5), make(first, lr=0.05)
    for t in range(5):
        gradients = [torch.full_like(p, 0.1 * (t - 1)) for p in together]
        for ps in (together, first + second):
            for p, g in zip(ps, gradients, strict=True):
                p.grad = g.clone()
        for o in (optimizer, slow, fast):
            o.step()
    assert_same(together, first + second)


@every_optimizer
def test_a_group_can_be_added_later(make: Make) -> None:
    params = weights()
    optimizer = make(params[:1], lr=0.05)
    descend(optimizer, params, range(3))
    before = params[1].detach().clone()
    optimizer.add_param_group({"params": params[1:], "lr": 0.01})
    descend(optimizer, params, range(3, 5))
    assert params[1].isfinite().all()
    assert not torch.equal(params[1], before)


@every_optimizer
def test_follows_a_scheduler(make: Make) -> None:
    scheduled, by_hand, constant = weights(), weights(), weights()
    optimizer = make(scheduled, lr=0.05)
    scheduler = StepLR(optimizer, step_size=3, gamma=0.1)
    other = make(by_hand, lr=0.05)
    for t in range(9):
        other.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"]
        descend(optimizer, scheduled, range(t, t + 1))
        descend(other, by_hand, range(t, t + 1))
        scheduler.step()
    descend(make(constant, lr=0.05), constant, range(9))
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05 * 0.1**3)
    assert_same(scheduled, by_hand)
    assert not torch.equal(scheduled[0], constant[0])


@pytest.mark.parametrize("optimizer_class", [KerasAdam, KerasAdamax, KerasNadam])
def test_one_cycle_cycles_beta1(optimizer_class: Make) -> None:
    params = weights()
    optimizer = optimizer_class(params)
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    betas = []
    for t in range(9):
        betas.append(optimizer.param_groups[0]["betas"][0])
        descend(optimizer, params, range(t, t + 1))
        scheduler.step()
    assert max(betas) == pytest.approx(0.95)
    assert min(betas) == pytest.approx(0.85, abs=0.01)
    assert all(p.isfinite().all() for p in params)


@every_optimizer
def test_leaves_alone_what_has_no_gradient(make: Make) -> None:
    params = weights()
    before = params[1].detach().clone()
    optimizer = make(params, lr=0.05)
    params[0].grad = torch.ones_like(params[0])
    optimizer.step()
    assert torch.equal(params[1], before)


@every_optimizer
def test_waits_for_no_device(make: Make) -> None:
    # A tensor without data fails wherever a value would have to come back from the device.
    p = nn.Parameter(torch.empty(3, 2, device="meta"))
    optimizer = make([p], lr=0.05)
    for _ in range(3):
        p.grad = torch.empty_like(p)
        optimizer.step()


@every_optimizer
def test_closure_is_run_with_gradients(make: Make) -> None:
    params = weights()
    optimizer = make(params, lr=0.01)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = torch.stack([p.square().sum() for p in params]).sum()
        loss.backward()
        return loss

    first: Any = optimizer.step(closure)  # type: ignore[arg-type]
    second: Any = optimizer.step(closure)  # type: ignore[arg-type]
    assert second.item() < first.item()


@pytest.mark.parametrize(
    ("optimizer", "values", "message"),
    [
        (KerasSGD, {"lr": -0.1}, r"lr must be at least 0, got -0\.1"),
        (KerasSGD, {"lr": math.nan}, "lr must be at least 0, got nan"),
        (KerasSGD, {"momentum": 1.0}, r"momentum must be in \[0, 1\), got 1\.0"),
        (KerasSGD, {"momentum": -0.1}, r"momentum must be in \[0, 1\), got -0\.1"),
        (KerasAdagrad, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasAdagrad, {"initial_accumulator_value": -1}, "initial_accumulator_value must be at"),
        (KerasAdagrad, {"eps": 0}, "eps must be above 0, got 0"),
        (KerasRMSprop, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasRMSprop, {"rho": 1.5}, r"rho must be in \[0, 1\), got 1\.5"),
        (KerasRMSprop, {"momentum": 1}, r"momentum must be in \[0, 1\), got 1"),
        (KerasRMSprop, {"eps": -1e-7}, "eps must be above 0, got -1e-07"),
        (KerasAdam, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasAdam, {"betas": (1.0, 0.999)}, r"beta1 must be in \[0, 1\), got 1\.0"),
        (KerasAdam, {"betas": (0.9, 1.0)}, r"beta2 must be in \[0, 1\), got 1\.0"),
        (KerasAdam, {"eps": 0}, "eps must be above 0, got 0"),
        (KerasAdamax, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasAdamax, {"betas": (-0.1, 0.9)}, r"beta1 must be in \[0, 1\), got -0\.1"),
        (KerasAdamax, {"eps": 0}, "eps must be above 0, got 0"),
        (KerasNadam, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasNadam, {"betas": (0.9, 2)}, r"beta2 must be in \[0, 1\), got 2"),
        (KerasNadam, {"eps": 0}, "eps must be above 0, got 0"),
        (KerasAdadelta, {"lr": -1}, "lr must be at least 0, got -1"),
        (KerasAdadelta, {"rho": 1}, r"rho must be in \[0, 1\), got 1"),
        (KerasAdadelta, {"eps": 0}, "eps must be above 0, got 0"),
        (Ftrl, {"lr": 0}, "lr must be above 0, got 0"),
        (Ftrl, {"lr_power": 0.5}, r"lr_power must be at most 0, got 0\.5"),
        (Ftrl, {"initial_accumulator_value": 0}, "initial_accumulator_value must be above 0"),
        (Ftrl, {"l1": -1}, "l1 must be at least 0, got -1"),
        (Ftrl, {"l2": -1}, "l2 must be at least 0, got -1"),
    ],
)
def test_refuses(optimizer: Make, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optimizer(weights(), **values)


@pytest.mark.parametrize("optimizer", [KerasAdam, KerasAdamax, KerasNadam])
@pytest.mark.parametrize("betas", [(0.9,), (0.9, 0.99, 0.999)])
def test_refuses_another_number_of_betas(optimizer: Make, betas: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="betas must be two values"):
        optimizer(weights(), betas=betas)


def test_a_second_optimizer_over_the_first_ones_groups_starts_at_step_one() -> None:
    params = weights()
    first = KerasAdam(params, lr=0.1)
    descend(first, params, range(5))
    second = KerasAdam(first.param_groups)
    assert [group["steps"] for group in second.param_groups] == [0]


@pytest.mark.parametrize(
    "optimizer",
    [
        KerasSGD,
        KerasAdagrad,
        KerasRMSprop,
        KerasAdam,
        KerasAdamax,
        KerasNadam,
        KerasAdadelta,
        Ftrl,
    ],
)
def test_refuses_a_group(optimizer: Make) -> None:
    params = weights()
    with pytest.raises(ValueError, match=r"lr must be .* got -1"):
        optimizer([{"params": params, "lr": -1}])
    made = optimizer(params[:1])
    with pytest.raises(ValueError, match=r"lr must be .* got -1"):
        made.add_param_group({"params": params[1:], "lr": -1})
    assert len(made.param_groups) == 1
