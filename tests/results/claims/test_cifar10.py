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


# The searches print nothing.
OF_NETS = [claim for claim in CLAIMS if claim.selection[0].startswith("cifar10/")]


@pytest.mark.parametrize("claim", OF_NETS, ids=lambda claim: claim.statement[:40])
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
    assert effect("every net but that with BN") == pytest.approx(0.5198 - 0.4890, abs=1e-6)
    assert effect("several times faster") == pytest.approx(math.log2(28 * 7 / (15 * 2)))


def test_nets_that_do_worse_have_none() -> None:
    worse = printed("cifar10-elu", 20, best_val_accuracy=0.3)
    for words in ("much better net", "takes no longer", "not much better than the plain"):
        changed = {"bn": worse, "selu": worse}
        assert effect(words, **changed) < 0


def searched(losses: dict[float, float], **also: float) -> dict[str, Run]:
    """A run for each learning rate, with its last validation loss."""
    return {
        f"lr={lr}": Run(
            42,
            {"val_loss": [2.0, loss]},
            {},
            {f"model.init_args.{name}": value for name, value in (also | {"lr": lr}).items()},
        )
        for lr, loss in losses.items()
    }


def of_search(words: str, runs: dict[str, Run]) -> float:
    (claim,) = (c for c in CLAIMS if words in c.statement)
    return claim.effect(runs)


def test_the_chosen_rates_are_about_the_best() -> None:
    losses = {5e-5: 1.5, 1e-4: 1.48, 1e-2: math.nan}
    assert of_search("for ELU 5e-5", searched(losses)) == pytest.approx(0.01)
    assert of_search("for ELU 5e-5", searched(losses | {1e-4: 1.4})) == pytest.approx(-0.07)
    assert of_search("for ELU 5e-5", searched(losses | {5e-5: math.nan})) == -math.inf
    assert of_search("for BN 5e-4", searched({5e-4: 1.3, 1e-3: 1.4})) == pytest.approx(0.03)


def test_the_chosen_pair_is_about_the_best() -> None:
    pairs = searched({5e-4: 1.5, 1e-3: 1.6}, rate=0.1)
    others = searched({5e-4: 1.46, 1e-3: 1.7}, rate=0.05)
    runs = pairs | {f"other {name}": run for name, run in others.items()}
    assert of_search("A search of rate", runs) == pytest.approx(0.01)
