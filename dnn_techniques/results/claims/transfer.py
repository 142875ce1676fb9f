"""Claims of "Transfer Learning with Keras"."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs, Whose


def halvings(better: str, worse: str) -> Effect:
    """How often one experiment halves the test errors of another.

    Half a test image of 2,000 is added to both, so that a net without errors counts too.
    """

    def effect(runs: Runs) -> float:
        errors = [1 - runs[n].finished["test_accuracy"] + 0.5 / 2000 for n in (worse, better)]
        return math.log2(errors[0] / errors[1])

    return effect


RECIPES: tuple[tuple[Whose, str, str], ...] = (
    ("notebook", "transfer/b_on_a", "2.3: divided by 4.9"),
    ("book", "transfer/b_on_a_book", "1.9: 2.8% to .75%, which it calls a factor of four"),
)

CLAIMS = (
    *(
        Claim(
            "Reusing the hidden layers of task A, B's test errors become half as many or fewer, by"
            f" the {whose}'s recipe",
            whose,
            "Transfer Learning with Keras",
            ("transfer/model_b", experiment),
            f"halvings of the test errors (printed {printed})",
            halvings(experiment, "transfer/model_b"),
            1,
        )
        for whose, experiment, printed in RECIPES
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
