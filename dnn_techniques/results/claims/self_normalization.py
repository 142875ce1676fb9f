"""Claims of "SELU": when a net normalizes itself."""

import math
import statistics

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.run_sets import Run

SOURCE = "SELU"
NAME = "self-normalization/additions-added={}"
PLAIN = NAME.format("nothing")
DRIFT = "mean over 20 layers of the size of the log of the deviation"


def drift(run: Run) -> float:
    """How far the deviations of the layers are from 1 after training, log scale; NaN if lost."""
    stds = run.result["measured"]["std"]
    if not all(0 < std < math.inf for std in stds):
        return math.nan
    return statistics.fmean(abs(math.log(std)) for std in stds)


def drifts_more(more: str, less: str) -> Effect:
    """Drift of one experiment minus that of another."""
    return lambda runs: drift(runs[more]) - drift(runs[less])


def kept(runs: Runs) -> float:
    """Minus the drift of the plain net."""
    return -drift(runs[PLAIN])


CLAIMS = (
    Claim(
        "A plain SELU net keeps its layers' standard deviations near 1 during training",
        "book",
        SOURCE,
        (PLAIN,),
        f"{DRIFT} after 3 epochs, negative (-0.22: off by 25%)",
        kept,
        -math.log(1.25),
    ),
    *(
        Claim(
            f"{title} self-normalization",
            "notebook",
            SOURCE,
            (NAME.format(added), PLAIN),
            f"{DRIFT} after 3 epochs, minus the plain net's",
            drifts_more(NAME.format(added), PLAIN),
            0.1,
        )
        for title, added in (
            ("An l2 penalty breaks", "l2"),
            ("Ordinary dropout breaks", "dropout"),
            ("Skip connections break", "skip_connections"),
        )
    ),
    Claim(
        "Alpha dropout keeps the deviations better than ordinary dropout",
        "book",
        SOURCE,
        (NAME.format("dropout"), NAME.format("alpha_dropout")),
        f"{DRIFT} after 3 epochs, dropout minus alpha dropout",
        drifts_more(NAME.format("dropout"), NAME.format("alpha_dropout")),
        0.1,
    ),
)
