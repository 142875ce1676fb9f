"""Ratios, verdicts and intervals on numbers made by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest

from dnn_techniques.studies.transfer.case import Case
from dnn_techniques.studies.transfer.documented_pair import printed_ratio, standing
from dnn_techniques.studies.transfer.outcome import (
    Outcome,
    bootstrap,
    by_chance,
    error_ratios,
    outcome,
    quantiles,
    verdicts,
)


def test_ratio_without_errors() -> None:
    ratios = error_ratios(np.array([59, 0, 3, 0]), np.array([12, 0, 0, 3]))
    assert ratios.tolist() == [59 / 12, 1.0, np.inf, 0.0]


def test_verdict_is_mcnemars_exact_test() -> None:
    # Only one net wrong on 0 and 5 images: p = 1/16; on 0 and 6: p = 1/32.
    counts = np.array([[5, 0, 0], [6, 0, 0], [0, 6, 0], [106, 100, 100], [106, 100, 0], [7, 7, 7]])
    assert verdicts(*counts.T).tolist() == [0, 1, -1, 1, 0, 0]
    for a in range(40):
        for b in range(40):
            p = binomtest(a, a + b).pvalue if a + b else 1.0
            expected = np.sign(a - b) if p < 0.05 else 0
            assert verdicts(*(np.array(k) for k in (a + 3, b + 3, 3))) == expected, (a, b)


def test_verdicts_by_chance_are_fewer_than_the_test_allows() -> None:
    """Counts by hand: of 5 images never all, of 6 all on one side in 1 of 64 cases each way."""
    counts = np.array([[5, 0, 0], [6, 0, 0]])
    assert by_chance(*counts[:1].T) == 0
    assert by_chance(*counts.T) == pytest.approx(1 / 128)
    random = np.random.default_rng(0)
    alone = random.binomial(30, 0.5, size=(100_000,)) + 7
    cases = alone, 44 - alone, np.full_like(alone, 7)
    found = verdicts(*cases)
    assert by_chance(*cases) == pytest.approx(np.mean(found == 1), abs=2e-3)
    assert by_chance(*cases) == pytest.approx(np.mean(found == -1), abs=2e-3)


def test_quantiles_stand_infinite_ratios() -> None:
    assert quantiles(np.array([1.0, 2.0, np.inf]), 0.5) == 2
    assert quantiles(np.array([1.0, np.inf, np.inf]), 0.5) == np.inf


def test_interval_is_that_of_pairs_not_of_seeds() -> None:
    """Seeds that agree within a pair tell no more than one of them."""
    random = np.random.default_rng(1)
    one = random.normal(size=(45, 1))
    same = bootstrap(np.repeat(one, 20, axis=1), lambda r: r.mean(axis=(1, 2)))
    alone = bootstrap(one, lambda r: r.mean(axis=(1, 2)))
    assert same is not None
    assert same == pytest.approx(alone)
    error = one.std() / np.sqrt(45)
    assert same[0] == pytest.approx(one.mean() - 2.576 * error, abs=0.3 * error)
    assert same[1] == pytest.approx(one.mean() + 2.576 * error, abs=0.3 * error)
    assert bootstrap(one[:1], lambda r: r.mean(axis=(1, 2))) is None


def hand_made() -> Outcome:
    """Two pairs; the documented one helps in two of three seeds."""
    return outcome(
        200,
        {
            (0, 1): [Case(42, 10, 20, 5), Case(43, 9, 9, 9), Case(44, 6, 0, 0)],
            (5, 6): [
                Case(42, 60, 10, 10),
                Case(43, 30, 10, 5),
                Case(44, 8, 10, 8),
                Case(45, 1, 1, 1),
            ],
        },
    )


def test_outcome_takes_the_seeds_that_all_pairs_have() -> None:
    made = hand_made()
    assert made.seeds == [42, 43, 44]
    assert made.ratios.tolist() == [[0.5, 1.0, np.inf], [6.0, 3.0, 0.8]]
    assert made.pair_medians().tolist() == [1.0, 3.0]
    assert made.median == 1.0
    helps, interval = made.share(made.verdicts == 1)
    assert helps == pytest.approx(0.5)
    assert interval == pytest.approx((1 / 3, 2 / 3))
    assert made.verdicts.tolist() == [[-1, 0, 1], [1, 1, 0]]


def test_documented_pair_among_the_others() -> None:
    assert printed_ratio() == pytest.approx(4.917, abs=1e-3)
    place = standing(hand_made())
    assert place is not None
    assert place.median == 3.0
    assert place.extremes == (0.8, 6.0)
    assert place.rank == 1
    assert place.own_beyond_printed == pytest.approx(1 / 3)
    assert place.beyond_printed == pytest.approx(1 / 3)
    assert standing(outcome(200, {(0, 1): [Case(42, 1, 1, 1)]})) is None
