"""Ratios, verdicts and intervals on numbers made by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest

from dnn_techniques.studies.transfer.case import Case, Transferred
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
from dnn_techniques.studies.transfer.recipe import BOOK, NOTEBOOK, Recipe


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


def case(seed: int, alone: int, errors: int, both: int) -> Case:
    """A case whose net by the book's recipe has an error less, if it has any."""
    fewer = max(errors - 1, 0)
    nets = Transferred(errors, both, 0.5), Transferred(fewer, min(both, fewer), 0.9)
    return Case(seed, alone, nets)


def hand_made(recipe: Recipe = NOTEBOOK) -> Outcome:
    """Two pairs; transfer helps the documented one in two of three seeds."""
    return outcome(
        200,
        recipe,
        {
            (0, 1): [case(42, 10, 20, 5), case(43, 9, 9, 9), case(44, 6, 0, 0)],
            (5, 6): [
                case(42, 60, 10, 10),
                case(43, 30, 10, 5),
                case(44, 8, 10, 8),
                case(45, 1, 1, 1),
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


def test_outcome_is_that_of_its_recipe() -> None:
    notebook, book = hand_made(), hand_made(BOOK)
    assert notebook.cases[1].tolist() == [[42, 60, 10, 10], [43, 30, 10, 5], [44, 8, 10, 8]]
    assert book.cases[1].tolist() == [[42, 60, 9, 9], [43, 30, 9, 5], [44, 8, 9, 8]]
    assert notebook.frozen_accuracies.tolist() == [[0.5] * 3] * 2
    assert book.frozen_accuracies.tolist() == [[0.9] * 3] * 2


def test_documented_pair_among_the_others() -> None:
    assert printed_ratio(NOTEBOOK) == pytest.approx(2.95 / 0.60, abs=1e-3)
    assert printed_ratio(BOOK) == pytest.approx(2.8 / 0.75)  # called a factor of four
    place = standing(hand_made())
    assert place is not None
    assert place.median == 3.0
    assert place.extremes == (0.8, 6.0)
    assert place.rank == 1
    assert place.own_beyond_printed == pytest.approx(1 / 3)
    assert place.beyond_printed == pytest.approx(1 / 3)
    book = standing(hand_made(BOOK))  # ratios 6.7, 3.3, .9 and of the other pair .5, 1.1, inf
    assert book is not None
    assert book.own_beyond_printed == pytest.approx(1 / 3)
    assert book.beyond_printed == pytest.approx(2 / 6)
    assert standing(outcome(200, NOTEBOOK, {(0, 1): [case(42, 1, 1, 1)]})) is None
