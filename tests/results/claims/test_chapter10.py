import math
from typing import Any

import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.chapter10 import (
    ADAM,
    CIRCLE,
    CLAIMS,
    CONTINUED,
    EXERCISE,
    FIRST,
    FOUND,
    HUBER,
    LINEAR_RULE,
    MAE,
    SGD,
    WARM,
    WIDTHS,
    WITH,
    WITHOUT,
)
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement)
    return found


def images(test: float = 0.8, **curves: list[float]) -> Run:
    result: dict[str, Any] = {"test": {"accuracy": test}, "best": None}
    return Run(42, {"epoch": [1.0, 2.0], **curves}, result, {})


def table(train: float | None, test: float | None, auxiliary: bool = False) -> Run:
    """The loss of a net with two outputs is no error of its main one."""
    values = {"train": train, "test": test}
    name = "main_loss" if auxiliary else "loss"
    result: dict[str, Any] = {part: {name: value} for part, value in values.items()}
    if auxiliary:
        result["test"]["loss"] = result["train"]["loss"] = 9.0
    return Run(42, {"epoch": [1.0]}, result | {"best": None}, {})


@pytest.mark.parametrize(("words", "accuracy"), [("fashion_mnist", 0.83), (" mnist", 0.92)])
def test_linear_models(words: str, accuracy: float) -> None:
    judged = claim(words)
    (name,) = judged.experiments
    for shift, effect in ((0, 0.01), (0.01, 0), (-0.03, -0.02)):
        found = judged.effect({name: images(accuracy + shift)})
        assert found == pytest.approx(effect, abs=1e-12)


def test_the_first_classifier_goes_on() -> None:
    runs = {
        FIRST: images(val_loss=[0.4, 0.31], val_accuracy=[0.85, 0.89]),
        CONTINUED: images(val_loss=[0.3, 0.305], val_accuracy=[0.88, 0.897]),
    }
    assert claim("has not converged").effect(runs) == pytest.approx(0.01)
    assert claim("close to 89.4%").effect(runs) == pytest.approx(0.002)


def test_shares_of_the_error() -> None:
    wide = claim("A wide path")
    names = ("california/wide_deep", "california/deep")
    assert wide.experiments == list(names)

    def effect(one: float | None, other: float | None) -> float:
        runs = (table(0.1, one), table(0.1, other))
        return wide.effect(dict(zip(names, runs, strict=True)))

    assert effect(0.3, 0.4) == pytest.approx(0.25)
    assert effect(0.4, 0.3) == pytest.approx(-1 / 3)
    assert (effect(None, 0.4), effect(0.3, None), effect(None, None)) == (-1, 1, 0)
    assert effect(400, 0.4) == -1


def test_the_auxiliary_output_is_judged_by_the_main_one() -> None:
    runs = {WITH: table(0.30, 0.36, auxiliary=True), WITHOUT: table(0.28, 0.40)}
    assert claim("An auxiliary output on the deep path lowers").effect(runs) == pytest.approx(0.1)
    assert claim("lessens overfitting").effect(runs) == pytest.approx(0.06)
    assert math.isnan(claim("lessens overfitting").effect(runs | {WITHOUT: table(None, None)}))


def test_widths() -> None:
    accuracies = {
        "[400]": 0.975,
        "[300,100]": 0.981,
        "[300,200,100]": 0.982,
        "[200,200,200]": 0.981,
        "[300,2,100]": 0.95,
    }
    runs = {f"{WIDTHS}{hidden}": images(test) for hidden, test in accuracies.items()}
    effects = {
        "above 97%": 0.005,
        "same total get": 0.001,
        "better than one": 0.006,
        "Equal widths": 0.001,
        "two units": 0.032,
    }
    for words, effect in effects.items():
        judged = claim(words)
        found = judged.effect({name: runs[name] for name in judged.experiments})
        assert found == pytest.approx(effect), words
    exercise = claim("exercise 10")
    assert exercise.effect({EXERCISE: images(0.983)}) == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("best", "largest", "effect"), [(0.4, 0.8, 1), (0.8, 0.8, 0), (0.2, 0.8, 0), (0.1, 0.8, -1)]
)
def test_half_of_the_largest_rate(best: float, largest: float, effect: float) -> None:
    runs = {}
    for rate in (0.1, 0.2, 0.4, 0.8, 1.6):
        accuracy = 0.1 if rate > largest else 0.98 if rate == best else 0.97
        loss = math.nan if rate > largest else 0.1
        curves = {"epoch": [1.0], "val_accuracy": [accuracy], "val_loss": [loss]}
        runs[str(rate)] = Run(42, curves, {}, {"model.init_args.lr": rate})
    assert claim("best constant rate").effect(runs) == pytest.approx(effect)


def test_large_batches() -> None:
    small, warm, cold = f"{WIDTHS}[300,100]", f"{WARM}5", f"{WARM}0"
    runs = {
        small: images(0.982),
        warm: images(0.981, val_accuracy=[0.97, 0.98], val_loss=[0.1, 0.1]),
        cold: images(0.1, val_accuracy=[0.97, 0.98], val_loss=[0.1, math.nan]),
    }
    assert claim("as well as batches of 32").effect(runs) == pytest.approx(0.001)
    assert claim("needs the warm-up").effect(runs) == pytest.approx(0.98)
    runs[LINEAR_RULE] = images(0.1)
    assert claim("a rate 16 times larger").effect(runs) == pytest.approx(-0.87)
    for words in ("as well as batches of 32", "needs the warm-up"):
        assert set(claim(words).experiments) <= set(runs)


def test_huber_s_loss_is_judged_by_the_absolute_error() -> None:
    runs = {HUBER: images(val_mae=[0.5, 0.41]), MAE: images(val_mae=[0.6, 0.4])}
    assert claim("converges faster").effect(runs) == pytest.approx(0.1)
    assert claim("is more exact").effect(runs) == pytest.approx(-0.01)


def searched(val_loss: float, test: float | None) -> Run:
    result: dict[str, Any] = {"train": {}, "test": {"loss": test}, "best": None}
    return Run(42, {"epoch": [1.0], "val_loss": [val_loss]}, result, {})


def test_the_search_chooses_by_the_validation_loss() -> None:
    judged = claim("Ten other candidates")
    others = [name for name in judged.experiments if name != FOUND]
    assert len(others) == 10
    runs = {name: searched(0.5, 0.1) for name in others}
    runs |= {FOUND: searched(0.9, 0.33), others[3]: searched(0.3, 0.30)}
    runs[others[4]] = searched(math.nan, None)
    assert judged.effect(runs) == pytest.approx(0.02 - 0.03)
    assert math.isnan(judged.effect(runs | {FOUND: searched(math.nan, None)}))
    near = claim("about 0.319")
    assert near.effect({FOUND: searched(0.3, 0.329)}) == pytest.approx(0.01)


def test_the_playground_counts_seeds() -> None:
    def run(accuracy: float, loss: float = 0.1) -> Run:
        return Run(42, {"epoch": [1.0], "val_accuracy": [accuracy], "val_loss": [loss]}, {}, {})

    runs = {CIRCLE.format(2): run(0.8), CIRCLE.format(3): run(0.9), CIRCLE.format(8): run(0.96)}
    for words in ("too few", "never stick", "sometimes stick"):
        judged = claim(words)
        assert set(judged.experiments) <= set(runs)
        assert judged.effect(runs) == 1
    stuck = runs | {CIRCLE.format(8): run(0.96, math.nan)}
    assert claim("never stick").effect(stuck) == 0
    spiral = {ADAM: run(0.9), SGD: run(0.6)}
    assert claim("spiral").effect(spiral) == pytest.approx(0.3)


def test_the_perceptron_tells_all_flowers() -> None:
    name = "perceptron/iris"
    assert claim("perceptron rule").effect({name: images(1.0)}) == 0


def test_each_is_judged_on_its_own_data() -> None:
    for judged in CLAIMS:
        data = {e.partition("/")[0] for e in judged.experiments}
        assert (
            data
            == {
                "fashion_mnist": {"chapter10"},
                "mnist": {"chapter10-mnist"},
                "california_housing": {"california"},
                "iris": {"perceptron"},
                "circle": {"playground"},
                "spiral": {"playground-spiral"},
            }[judged.data]
        )
