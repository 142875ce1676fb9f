"""Claims of "Transfer Learning with Keras"."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs


def halvings(better: str, worse: str) -> Effect:
    """How often one experiment halves the test errors of another.

    Half a test image of 2,000 is added to both, so that a net without errors counts too.
    """

    def effect(runs: Runs) -> float:
        errors = [1 - runs[n].finished["test_accuracy"] + 0.5 / 2000 for n in (worse, better)]
        return math.log2(errors[0] / errors[1])

    return effect


CLAIMS = (
    Claim(
        "Reusing the hidden layers of task A, B's test errors become half as many or fewer",
        "notebook",
        "Transfer Learning with Keras",
        ("transfer/model_b", "transfer/b_on_a"),
        "halvings of the test errors (documented 2.3: divided by 4.9)",
        halvings("transfer/b_on_a", "transfer/model_b"),
        1,
    ),
    Claim(
        "Freezing the reused layers for a few epochs first is better than never freezing them",
        "book",
        "Transfer Learning with Keras",
        ("transfer/b_on_a", "transfer/b_on_a_never_frozen"),
        "halvings of the test errors",
        halvings("transfer/b_on_a", "transfer/b_on_a_never_frozen"),
        0,
    ),
)
