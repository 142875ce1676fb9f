import pytest

from dnn_techniques.results.claims import CLAIMS, Claim
from dnn_techniques.results.claims.augmentation import WITH, WITHOUT
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    return next(c for c in CLAIMS if words in c.statement)


def run(train: float, test: float, changed: float, validation: float) -> Run:
    finished = {
        "train": {"accuracy": train},
        "test": {"accuracy": test, "changed_accuracy": changed},
    }
    return Run(42, {"val_accuracy": [0.5, validation]}, finished, {})


def test_effects_are_above_0_where_augmentation_does_what_is_claimed() -> None:
    runs = {WITH: run(0.93, 0.90, 0.89, 0.88), WITHOUT: run(0.97, 0.88, 0.84, 0.89)}
    assert claim("prevents overfitting").effect(runs) == pytest.approx(0.09 - 0.03)
    assert claim("tolerates such changes").effect(runs) == pytest.approx(0.89 - 0.84)
    assert claim("Data augmentation costs").effect(runs) == pytest.approx(-0.01)
