"""Claims of the prose, trained anew over three seeds: direction and size of the effect."""

from pathlib import Path

import pytest

from dnn_techniques.study.claims import CLAIMS, judge


@pytest.mark.parity
@pytest.mark.parametrize(
    "words",
    [
        "SELU beats ReLU at 100 layers",
        "BN after the activation",
        "BN before the activation",
        "1cycle reaches in 25 epochs",
        "no less accurate",
        "less sure where it is wrong",
    ],
)
def test_the_effect_is_as_claimed(claim_runs: Path, words: str) -> None:
    (claim,) = [c for c in CLAIMS if words in c.statement]
    verdict = judge(claim, claim_runs)
    assert verdict is not None
    assert len(verdict.effects) == 3
    assert verdict.mean >= claim.at_least, verdict.effects
