import math

import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.clipping import CLAIMS
from dnn_techniques.results.run_sets import Run

EPOCH = {"epoch": [1.0]}


def claim(words: str) -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement)
    return found


def run(accuracy: float, loss: float = 0.5, **settings: float) -> Run:
    options = {f"model.init_args.clipping.{way}": value for way, value in settings.items()}
    return Run(42, EPOCH | {"val_accuracy": [accuracy], "val_loss": [loss]}, {}, options)


LOST = run(0.1, loss=math.nan)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("clipvalue=1.0", "clipping/by_value_documented"),
        ("as Keras does it", "clipping/by_norm_documented"),
        ("as the book describes it", "clipping/by_global_norm"),
    ],
)
def test_the_documented_thresholds_rescue_only_what_diverged(words: str, name: str) -> None:
    judged = claim(words)
    assert judged.whose == "book"
    assert judged.experiments == [name, "clipping/without"]
    assert judged.effect({name: run(0.8), "clipping/without": LOST}) == 0.8
    assert judged.effect({name: run(0.8), "clipping/without": run(0.8)}) == 0
    assert judged.effect({name: LOST, "clipping/without": LOST}) == 0


def test_of_our_thresholds_the_worse_counts() -> None:
    judged = claim("chosen for this net")
    assert judged.whose == "ours"
    runs = {"clipping/by_value": run(0.7), "clipping/by_norm": run(0.8), "clipping/without": LOST}
    assert judged.effect(runs) == 0.7


def test_how_far_below_1_the_threshold_has_to_be() -> None:
    judged = claim("far below")
    accuracies = {1.0: 0.1, 0.1: 0.45, 0.01: 0.7, 0.005: 0.8}
    runs = {str(value): run(accuracy, value=value) for value, accuracy in accuracies.items()}
    assert judged.effect(runs) == pytest.approx(2)
    assert judged.effect(runs | {"0.1": run(0.55, value=0.1)}) == pytest.approx(1)
    assert judged.effect(runs | {"0.01": run(0.7, math.nan, value=0.01)}) == pytest.approx(
        2.301, abs=1e-3
    )
    assert math.isnan(judged.effect({name: run(0.1, value=1.0) for name in runs}))
