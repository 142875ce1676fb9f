import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.schedules import CLAIMS
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement)
    return found


def run(*val_accuracy: float) -> Run:
    epochs = [float(i) for i in range(1, len(val_accuracy) + 1)]
    return Run(42, {"epoch": epochs, "val_accuracy": list(val_accuracy)}, {}, {})


def test_nobody_else_claims_it_of_fashion_mnist() -> None:
    assert {c.whose for c in CLAIMS} == {"ours"}


def test_epochs_that_a_constant_rate_needs_more() -> None:
    lucky = run(0.5, 0.6, 0.7, 0.9, 0.8, 0.8, 0.95, 0.95, 0.9, 0.9, 0.9)
    runs = {"schedules/one_cycle": run(0.1, 0.2, 0.89), "schedules/constant": lucky}
    assert claim("be it by chance").effect(runs) == 4 - 3
    (steady,) = (c for c in CLAIMS if c.statement.endswith("needs more for"))
    assert steady.effect(runs) == 10 - 3  # 0.8 0.95 0.95 0.9 0.9 is the first
    runs["schedules/constant"] = run(*[0.5] * 5)
    assert steady.effect(runs) == 6 - 3  # never: one epoch after the last


def test_the_cycled_momentum_is_compared_in_the_end() -> None:
    cycled = {"schedules/one_cycle_momentum": run(0.1, 0.9)}
    constant = {"schedules/one_cycle_constant_momentum": run(0.5, 0.89)}
    assert claim("constant one of 0.9").effect(cycled | constant) == pytest.approx(0.01)
    without = {"schedules/one_cycle": run(0.5, 0.88)}
    assert claim("than with none").effect(cycled | without) == pytest.approx(0.02)
