"""Claims of "Monte Carlo (MC) Dropout"."""

from dnn_techniques.results.claims.claim import Claim
from dnn_techniques.results.claims.effects import finished

CLAIMS = (
    Claim(
        "The mean of MC dropout's passes is no less accurate than the single prediction",
        "book",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "test accuracy (0.002 less is still called no less)",
        finished("test_mc_accuracy", "test_accuracy"),
        -0.002,
    ),
    Claim(
        "MC dropout is less sure where it is wrong",
        "book",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "entropy in nats, wrong minus right",
        finished("test_entropy_wrong", "test_entropy_right"),
        0.1,
    ),
    Claim(
        "MC dropout's probabilities are better calibrated than the single prediction's",
        "book",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "expected calibration error, single minus mean of the passes",
        finished("test_ece", "test_mc_ece"),
        0,
    ),
)
