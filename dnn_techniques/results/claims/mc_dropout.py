"""Claims of "Monte Carlo (MC) Dropout", of the book's net and of the notebook's."""

from dnn_techniques.results.claims.claim import Claim
from dnn_techniques.results.claims.effects import finished

NETS = {
    "mc-dropout/dropout": "ELU, dropout",
    "mc-dropout/alpha_dropout": "SELU, alpha dropout",
}

CLAIMS = tuple(
    Claim(
        f"{statement} ({net})",
        "book",
        "Monte Carlo (MC) Dropout",
        (name,),
        unit,
        finished(better, worse),
        at_least,
    )
    for name, net in NETS.items()
    for statement, unit, better, worse, at_least in (
        (
            "The mean of MC dropout's passes is no less accurate than the single prediction",
            "test accuracy (0.002 less is still called no less)",
            "test_mc_accuracy",
            "test_accuracy",
            -0.002,
        ),
        (
            "MC dropout is less sure where it is wrong",
            "entropy in nats, wrong minus right",
            "test_entropy_wrong",
            "test_entropy_right",
            0.1,
        ),
        (
            "MC dropout's probabilities are better calibrated than the single prediction's",
            "expected calibration error, single minus mean of the passes",
            "test_ece",
            "test_mc_ece",
            0,
        ),
    )
)
