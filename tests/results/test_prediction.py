import math

import numpy as np
import pytest
from scipy import stats

from dnn_techniques.results.prediction import Prediction


def test_mean_and_deviation() -> None:
    prediction = Prediction([1.0, 2.0, 6.0])
    assert prediction.n == 3
    assert prediction.mean == 3
    assert prediction.std == pytest.approx(math.sqrt(7))


def test_the_interval_holds_one_more_draw_in_99_of_100_cases() -> None:
    draws = np.random.RandomState(0).normal(5, 2, (20_000, 6))
    inside = [bool(Prediction(list(row[:5])).contains(row[5])) for row in draws]
    assert np.mean(inside) == pytest.approx(0.99, abs=0.002)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_scores_of_further_draws_are_standard_normal(n: int) -> None:
    """However few the runs: plain standardized values of 2 runs would have no variance at all."""
    draws = np.random.RandomState(1).normal(-1, 0.1, (5_000, n + 1))
    scores = [Prediction(list(row[:n])).z(row[n]) for row in draws]
    assert stats.kstest(scores, "norm").pvalue > 0.01


def test_the_interval_is_cut_where_the_figure_ends_and_its_reach_is_not() -> None:
    values = [0.2, 0.9]
    reach = stats.t.ppf(0.995, 1) * np.std(values, ddof=1) * (3 / 2) ** 0.5
    prediction = Prediction(values)
    assert prediction.interval == pytest.approx((0.55 - reach, 0.55 + reach))
    bounded = Prediction(values, bounds=(0, 1))
    assert bounded.interval == pytest.approx((0, 1))
    assert bounded.reach == pytest.approx(reach)
    assert Prediction(values, bounds=(0, math.inf)).interval == pytest.approx((0, 0.55 + reach))
    assert Prediction([0.5]).reach is None


def test_a_score_has_the_sign_of_the_difference() -> None:
    prediction = Prediction([1.0, 2.0, 3.0])
    above, below = prediction.z(4), prediction.z(0)
    assert above is not None
    assert below == -above < 0
    assert prediction.z(2) == 0


def test_one_run_predicts_nothing() -> None:
    prediction = Prediction([0.5])
    assert (prediction.mean, prediction.std, prediction.interval) == (0.5, None, None)
    assert (prediction.contains(0.5), prediction.z(0.5)) == (None, None)


def test_runs_that_exploded_predict_nothing() -> None:
    prediction = Prediction([math.nan, 1.0])
    assert (prediction.std, prediction.interval, prediction.z(1)) == (None, None, None)


def test_runs_without_spread_have_no_score() -> None:
    prediction = Prediction([0.5, 0.5])
    assert prediction.contains(0.5) is True
    assert prediction.contains(0.6) is False
    assert prediction.z(0.6) is None
