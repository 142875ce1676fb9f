"""The claims of exercise 8 in runs like those that the notebook prints."""

import math

import pytest

from dnn_techniques.documents.documented import documented
from dnn_techniques.results.claims.cifar10 import CLAIMS
from dnn_techniques.results.run_sets import Run


def printed(id: str, seconds: float, **changed: float) -> Run:
    """A run with the printed curves; a gap in the listing counts as no epoch."""
    entry = documented(id)
    curves = entry.curves["TF 2.4"]
    finished = entry.finished.get("TF 2.4", {})
    best = {k.removeprefix("best_"): v for k, v in (finished | changed).items()}
    times = [seconds] * len(curves["epoch"])
    result = {"best": best, "seconds_per_epoch": seconds}
    return Run(42, {**curves, "seconds": times}, result, {})


RUNS = {
    "cifar10/elu": printed("cifar10-elu", 8),
    "cifar10/bn": printed("cifar10-bn", 12),
    "cifar10/selu": printed("cifar10-selu", 7),
    "cifar10/alpha_dropout": printed("cifar10-alpha-dropout", 7),
    "cifar10/mc_dropout": printed(
        "cifar10-alpha-dropout", 7, best_val_mc_accuracy=0.4892, best_epoch=0
    ),
    "cifar10/one_cycle": printed("cifar10-1cycle", 2),
    "cifar10/convolutional": printed("cifar10-bn", 20, best_val_accuracy=0.7),
}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.statement[:40])
def test_the_printed_runs_have_the_claimed_effect(claim: object) -> None:
    effect = claim.effect(RUNS)  # type: ignore[attr-defined]
    assert effect >= claim.at_least  # type: ignore[attr-defined]


def effect(words: str, **runs: Run) -> float:
    (claim,) = (c for c in CLAIMS if words in c.statement)
    return claim.effect(RUNS | {f"cifar10/{name}": run for name, run in runs.items()})


def test_the_effects_of_the_printed_runs() -> None:
    # The listing has 35 of the plain net's epochs and not its best, the 27th.
    assert effect("far fewer epochs") == 36 - 5
    assert effect("much better net") == pytest.approx(0.5398 - 0.4762, abs=1e-6)
    assert effect("takes longer with BN") == pytest.approx(0.5)
    assert effect("shortens the training") == pytest.approx(math.log2(35 * 8 / (5 * 12)))
    assert effect("almost as fast") == 5 - (8 - 5)
    assert effect("several times faster") == pytest.approx(math.log2(28 * 7 / (15 * 2)))


def test_nets_that_do_worse_have_none() -> None:
    worse = printed("cifar10-elu", 20, best_val_accuracy=0.3)
    for words in ("much better net", "takes no longer", "not much better than the plain"):
        changed = {"bn": worse, "selu": worse}
        assert effect(words, **changed) < 0
