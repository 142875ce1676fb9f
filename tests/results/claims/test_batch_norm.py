import math
from typing import Any

import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.batch_norm import CLAIMS, PAIRS, activations
from dnn_techniques.results.run_sets import Run


def claim(words: str, more: str = "") -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement and more in c.statement)
    return found


def run(*accuracies: float, loss: float = 0.5, **result: Any) -> Run:
    epochs = [float(i) for i in range(1, len(accuracies) + 1)]
    losses = [loss] * len(accuracies)
    curves = {"epoch": epochs, "val_accuracy": list(accuracies), "val_loss": losses}
    return Run(42, curves, result, {})


def rates(norm: str, accuracies: dict[float, float]) -> dict[str, Run]:
    runs = {}
    for lr, accuracy in accuracies.items():
        made = run(0.1, accuracy, loss=math.nan if accuracy < 0.1 else 0.5)
        made.settings.update({"model.init_args.norm": norm, "model.init_args.lr": lr})
        runs[f"{norm} {lr}"] = made
    return runs


def test_early_means_the_first_epoch() -> None:
    runs = {"bn/after_activation": run(0.8, 0.9), "bn/without": run(0.7, 0.95)}
    assert claim("BN after").effect(runs) == pytest.approx(0.1)


def test_larger_rates_are_compared_in_powers_of_ten_and_by_what_they_reach() -> None:
    runs = rates("none", {0.01: 0.8, 0.1: 0.7, 1.0: 0.09})
    runs |= rates("before", {0.01: 0.75, 0.1: 0.83, 1.0: 0.6, 3.0: 0.45})
    assert claim("larger learning rates").effect(runs) == pytest.approx(1)
    assert claim("speed learning up").effect(runs) == pytest.approx(0.03)
    nothing = rates("none", {0.01: 0.3}) | rates("before", {0.01: 0.75})
    assert math.isnan(claim("larger learning rates").effect(nothing))


def test_sensitivity_is_what_naive_initialization_costs() -> None:
    name = "bn-deep/initializer-norm={},initializer={}"
    values = {("none", "recommended"): 0.85, ("none", "naive"): 0.1}
    values |= {("before", "recommended"): 0.8, ("before", "naive"): 0.45}
    runs = {name.format(*which): run(value) for which, value in values.items()}
    assert claim("less sensitive").effect(runs) == pytest.approx(0.75 - 0.35)
    assert set(claim("less sensitive").experiments) == set(runs)


@pytest.mark.parametrize(("activation", "name"), [("tanh", "tanh"), ("sigmoid", "logistic")])
def test_saturating_activations(activation: str, name: str) -> None:
    with_bn, without = activations(activation)
    runs = {
        with_bn: run(0.8, measured={"gradient_rms": [10.0, 1.0]}),
        without: run(0.1, measured={"gradient_rms": [1e-9, 1.0]}),
    }
    assert claim(f"20 {name} layers trainable").effect(runs) == pytest.approx(0.7)
    assert claim(f"gradient in 20 {name} layers").effect(runs) == pytest.approx(8)


@pytest.mark.parametrize(("which", "pair"), PAIRS.items())
def test_fewer_epochs_each_slower(which: str, pair: tuple[str, str]) -> None:
    with_bn, without = pair
    runs = {
        with_bn: run(0.7, 0.8, 0.85, 0.9, seconds_per_epoch=3.0),
        without: run(0.5, 0.6, 0.7, 0.75, seconds_per_epoch=2.0),
    }
    assert claim("fewer epochs", which).effect(runs) == 4 - 2
    assert claim("Each epoch", which).effect(runs) == pytest.approx(0.5)
    assert claim("All in all", which).effect(runs) == pytest.approx(math.log2(8 / 6))
    runs[with_bn] = run(0.7, 0.7, 0.7, 0.7, seconds_per_epoch=3.0)
    assert claim("fewer epochs", which).effect(runs) == 4 - 5  # never
    assert claim("All in all", which).effect(runs) == pytest.approx(math.log2(8 / 15))


def test_hardly_an_effect_is_a_gain_of_less_than_two_hundredths() -> None:
    with_bn, without = PAIRS["two hidden layers, ELU"]
    judged = claim("hardly")
    assert judged.effect({with_bn: run(0.87), without: run(0.86)}) == pytest.approx(0.01)
    assert judged.effect({with_bn: run(0.87), without: run(0.8)}) == pytest.approx(-0.05)
