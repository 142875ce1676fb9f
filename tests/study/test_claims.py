"""Claims judged from runs that are written by hand."""

import math
from pathlib import Path

import pytest
from scipy import stats

from dnn_techniques.study.claims import CLAIMS, Claim, Verdict, judge
from dnn_techniques.study.runs import Run
from tests.study.runs_by_hand import write_run


def claim(words: str) -> Claim:
    return next(c for c in CLAIMS if words in c.statement)


def run(val_accuracy: list[float], **curves: list[float]) -> Run:
    epochs = [float(i) for i in range(1, len(val_accuracy) + 1)]
    nothing = [0.5] * len(epochs)
    base = {"epoch": epochs, "val_accuracy": val_accuracy, "val_loss": nothing, "loss": nothing}
    return Run(42, {**base, **curves}, {}, {})


def test_the_interval_is_that_of_students_t() -> None:
    effects = [0.1, 0.3, 0.2, 0.25]
    verdict = Verdict(claim("SELU beats ReLU"), effects)
    expected = stats.t.interval(0.99, 3, loc=verdict.mean, scale=stats.sem(effects))
    assert verdict.interval == pytest.approx(expected)


@pytest.mark.parametrize(
    ("effects", "text"),
    [
        ([0.05, 0.051, 0.049], "holds"),
        ([0.05, -0.05, 0.06], "undecided"),
        ([0.019, 0.0191, 0.0189], "DOES NOT HOLD"),
        ([-0.3, -0.31], "DOES NOT HOLD"),
        ([0.5], "one seed only"),
    ],
)
def test_verdicts_need_the_whole_interval(effects: list[float], text: str) -> None:
    """The effect asked for is 0.02."""
    assert Verdict(claim("SELU beats ReLU"), effects).text == text


def test_early_means_the_first_epoch() -> None:
    runs = {"bn/after_activation": run([0.8, 0.9]), "bn/without": run([0.7, 0.95])}
    assert claim("BN after").effect(runs) == pytest.approx(0.1)


def test_epochs_that_a_constant_rate_needs_more() -> None:
    lucky = run([0.5, 0.6, 0.7, 0.9, 0.8, 0.8, 0.95, 0.95, 0.9, 0.9, 0.9])
    runs = {"schedules/one_cycle": run([0.1, 0.2, 0.9]), "schedules/constant": lucky}
    assert claim("be it by chance").effect(runs) == 4 - 3
    assert claim("needs more for").effect(runs) == 11 - 3  # 0.8 0.95 0.95 0.9 0.9 is the first
    runs["schedules/constant"] = run([0.5] * 5)
    assert claim("needs more for").effect(runs) == 6 - 3  # never: one epoch after the last


def test_a_ranking_has_a_tau() -> None:
    names = ("selu", "elu", "leaky_relu", "relu", "tanh", "sigmoid")
    right = {f"ranking/activations-{a}-8": run([0.9 - i / 10]) for i, a in enumerate(names)}
    assert claim("with 8 hidden").effect(right) == pytest.approx(1)
    reversed_ = {f"ranking/activations-{a}-8": run([i / 10]) for i, a in enumerate(names)}
    assert claim("with 8 hidden").effect(reversed_) == pytest.approx(-1)
    swapped = right | {"ranking/activations-selu-8": run([0.75])}  # now second
    assert claim("with 8 hidden").effect(swapped) == pytest.approx(1 - 2 / 15)


def test_stars_are_compared_with_speed_and_quality() -> None:
    fast = ("adagrad", "rmsprop", "adam", "nadam", "adamax")
    runs = {f"optimizers/{name}": run([0.5], loss=[0.4]) for name in fast}
    runs |= {f"optimizers/{name}": run([0.5], loss=[0.5]) for name in ("momentum", "nesterov")}
    runs["optimizers/sgd"] = run([0.5], loss=[0.6])
    assert claim("convergence speed").effect(runs) == pytest.approx(1)
    # All alike: no order at all.
    assert claim("convergence quality").effect(runs) == 0


def test_clipping_rescues_only_what_diverged() -> None:
    runs = {f"clipping/by_{how}": run([0.8]) for how in ("norm", "value", "global_norm")}
    nan = run([0.1], val_loss=[math.nan])
    assert claim("gradients are clipped").effect(runs | {"clipping/without": nan}) == 0.8
    assert claim("gradients are clipped").effect(runs | {"clipping/without": run([0.8])}) == 0
    assert claim("gradients are clipped").effect(
        runs | {"clipping/by_norm": nan, "clipping/without": nan}
    ) == pytest.approx(0)


def test_monte_carlo_figures_come_from_the_finished_net() -> None:
    test = {"mc_accuracy": 0.87, "accuracy": 0.86, "entropy_wrong": 1.0, "entropy_right": 0.3}
    runs = {"mc-dropout/alpha_dropout": Run(42, {}, {"test": test}, {})}
    assert claim("no less accurate").effect(runs) == pytest.approx(0.01)
    assert claim("less sure where").effect(runs) == pytest.approx(0.7)


def test_only_seeds_of_all_experiments_count(tmp_path: Path) -> None:
    for seed, name in [(1, "bn/without"), (2, "bn/without"), (2, "bn/after_activation")]:
        write_run(tmp_path, seed, name)
    verdict = judge(claim("BN after"), tmp_path)
    assert verdict is not None
    assert verdict.effects == [0.0]
    assert judge(claim("BN before"), tmp_path) is None


def test_every_claim_names_experiments_that_are_there() -> None:
    assert all(claim.experiments for claim in CLAIMS)
