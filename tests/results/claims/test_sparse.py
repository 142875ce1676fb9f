import math

import pytest

from dnn_techniques.results.claims import CLAIMS, Claim
from dnn_techniques.results.claims.sparse import FTRL, L1, SPARSEST, STRONG, ZEROED
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    return next(c for c in CLAIMS if words in c.statement)


def run(zeros: float, dense: float, at_95: float, at_99: float) -> Run:
    measured = {"share": [0.0, 0.95, 0.99], "accuracy": [dense, at_95, at_99]}
    return Run(42, {}, {"test": {"zeros": zeros}, "measured": measured}, {})


def test_effects_are_above_0_where_the_text_is_right() -> None:
    runs = {name: run(0.3, 0.86, 0.80, 0.5 + i / 100) for i, name in enumerate(L1)}
    runs |= {
        ZEROED: run(0.02, 0.88, 0.70, 0.2),
        STRONG: run(0.8, 0.86, 0.85, 0.7),
        SPARSEST: run(0.99, 0.84, 0.84, 0.82),
        FTRL: run(0.9, 0.85, 0.83, 0.6),
    }
    assert claim("does not become very sparse").effect(runs) == pytest.approx(0.48)
    assert claim("degrades it").effect(runs) == pytest.approx(0.18)
    assert claim("many more weights to zero").effect(runs) == pytest.approx(0.78)
    assert claim("better option than zeroing").effect(runs) == pytest.approx(0.15)
    assert claim("even sparser").effect(runs) == pytest.approx(0.82 - 0.7)
    assert claim("FTRL with l1").effect(runs) == pytest.approx(0.13)


def test_what_was_not_measured_has_no_effect() -> None:
    assert math.isnan(claim("degrades it").effect({ZEROED: Run(42, {}, {}, {})}))
