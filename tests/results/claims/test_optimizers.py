import math

import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.optimizers import CLAIMS, DOCUMENTED, TUNED
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement)
    return found


def run(loss: list[float], val_loss: list[float]) -> Run:
    return Run(42, {"loss": loss, "val_loss": val_loss}, {}, {})


@pytest.mark.parametrize(
    ("rates", "words"), [(TUNED, "at tuned rates"), (DOCUMENTED, "at the chapter's rates, 0.001")]
)
def test_stars_are_compared_with_speed_and_quality(rates: str, words: str) -> None:
    fast = ("adagrad", "rmsprop", "adam", "nadam", "adamax")
    losses = dict.fromkeys(fast, 0.4) | {"momentum": 0.5, "nesterov": 0.5, "sgd": 0.6}
    runs = {rates.format(name): run([loss], [0.5]) for name, loss in losses.items()}
    speed = claim(f"convergence speed is ordered as the table's stars, {words}")
    assert set(speed.experiments) == set(runs)
    assert speed.effect(runs) == pytest.approx(1)
    # All alike: no order at all.
    assert claim(f"quality is ordered as the table's stars, {words}").effect(runs) == 0


def test_the_faster_optimizer_has_the_lower_loss() -> None:
    runs = {
        "optimizers/momentum": run([0.4, 0.3], []),
        "optimizers/sgd": run([0.6, 0.1], []),
        "optimizers/rmsprop": run([], [0.5, 0.4]),
        "optimizers/adagrad": run([], [0.3, math.inf]),
    }
    faster = claim("Momentum goes faster than plain SGD, at tuned rates")
    assert faster.effect(runs) == pytest.approx(0.2)
    assert claim("RMSProp does better than Adagrad, at tuned").effect(runs) == pytest.approx(-0.1)


def test_stopping_too_early_is_a_higher_training_loss_in_the_end() -> None:
    runs = {
        "optimizers/adagrad_long": run([0.3, 0.25], []),
        "optimizers/momentum_long": run([0.9, 0.05], []),
    }
    assert claim("stops too early, at tuned").effect(runs) == pytest.approx(0.2)


def test_little_tuning_means_many_good_rates() -> None:
    losses = {"sgd": [9, 2, 1.05, 1], "adam": [0.52, 0.5, 0.54, math.nan]}
    runs = {
        f"rates/optimizers-optimizer={optimizer},lr={lr}": run([], [loss])
        for optimizer, values in losses.items()
        for lr, loss in zip((0.0001, 0.001, 0.01, 0.1), values, strict=True)
    }
    assert claim("Adam needs less tuning").effect(runs) == 3 - 2
    assert claim("default rate").effect(runs) == pytest.approx(0)
    runs["rates/optimizers-optimizer=adam,lr=0.0001"] = run([], [0.4])
    assert claim("default rate").effect(runs) == pytest.approx(-0.2)
