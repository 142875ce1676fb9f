"""Claims of the prose, trained anew over three seeds: direction and size of the effect."""

from pathlib import Path

import pytest

from dnn_techniques.results.claims import CLAIMS, judge
from tests.parity.conftest import CLAIM_SEEDS


def check(words: str, runs: Path) -> None:
    claim = next(c for c in CLAIMS if c.statement.startswith(words))
    verdict = judge(claim, runs, changed=True)
    assert verdict is not None
    assert len(verdict.effects) == len(CLAIM_SEEDS)
    assert verdict.mean >= claim.at_least, verdict.effects


@pytest.mark.parity
def test_selu_beats_relu_at_100_layers(depth_runs: Path) -> None:
    """After two epochs of five."""
    check("SELU beats ReLU", depth_runs)


@pytest.mark.parity
@pytest.mark.parametrize("where", ["after", "before"])
def test_batch_normalization_learns_faster(bn_runs: Path, where: str) -> None:
    check(f"BN {where} the activation", bn_runs)


@pytest.mark.parity
def test_a_constant_rate_needs_more_epochs_than_1cycle(one_cycle_runs: Path) -> None:
    check("1cycle reaches in 25 epochs what a constant rate needs more for", one_cycle_runs)


@pytest.mark.parity
@pytest.mark.parametrize("words", ["The mean of MC", "MC dropout is less sure"])
def test_the_mean_of_many_passes(mc_dropout_runs: Path, words: str) -> None:
    """After five epochs of twenty-one."""
    check(words, mc_dropout_runs)
