"""Claims of "Training Sparse Models", of the book and of the notes."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.run_sets import Run

SOURCE = "Training Sparse Models"
ZEROED = "sparse/zeroed"
STRENGTHS = ("1e-05", "3e-05", "0.0001", "0.0003", "0.001")
L1 = tuple(f"sparse/l1-l1={strength}" for strength in STRENGTHS)
STRONG = "sparse/l1-l1=0.0003"
FTRL = "sparse/ftrl-l1=0.1"
SPARSEST = "sparse/pruned-share=0.99"


def accuracy_at(run: Run, share: float) -> float:
    """Test accuracy with this share of the smallest weights set to zero; NaN if not measured."""
    measured = run.result.get("measured", {})
    by_share = dict(zip(measured.get("share", ()), measured.get("accuracy", ()), strict=False))
    return float(by_share.get(share, math.nan))


def better_at(share: float, better: str, worse: str) -> Effect:
    """Test accuracy of one net minus that of another, each with this share of zeros."""
    return lambda runs: accuracy_at(runs[better], share) - accuracy_at(runs[worse], share)


def not_tiny(runs: Runs) -> float:
    """Share of the weights of the net trained as usual that are not tiny, less a half."""
    return 0.5 - runs[ZEROED].finished.get("test_zeros", math.nan)


def lost(runs: Runs) -> float:
    """Test accuracy as trained minus that with 95% of the weights zero."""
    run = runs[ZEROED]
    return accuracy_at(run, 0.0) - accuracy_at(run, 0.95)


def more_zeros(runs: Runs) -> float:
    """Share of zeros with the l1 penalty minus that without."""
    strong, zeroed = (runs[name].finished.get("test_zeros", math.nan) for name in (STRONG, ZEROED))
    return strong - zeroed


def beyond_l1(runs: Runs) -> float:
    """Test accuracy of the sparsest pruned net minus that of the best l1 net as sparse."""
    best = max(accuracy_at(runs[name], 0.99) for name in L1)
    return accuracy_at(runs[SPARSEST], 0.99) - best


CLAIMS = (
    Claim(
        "A net trained as usual does not become very sparse when its tiny weights are zeroed",
        "book",
        SOURCE,
        (ZEROED,),
        "share of the weights, half of them minus those below 0.001",
        not_tiny,
        0,
    ),
    Claim(
        "Zeroing the smallest weights of a net trained as usual degrades it (95% of them)",
        "book",
        SOURCE,
        (ZEROED,),
        "test accuracy, as trained minus zeroed",
        lost,
        0.01,
    ),
    Claim(
        "Strong l1 regularization (0.0003) takes many more weights to zero",
        "book",
        SOURCE,
        (STRONG, ZEROED),
        "share of the weights below 0.001, with the penalty minus without",
        more_zeros,
        0.3,
    ),
    Claim(
        "Strong l1 regularization (0.0003) is a better option than zeroing alone",
        "book",
        SOURCE,
        (STRONG, ZEROED),
        "test accuracy with 95% of the weights zero, with the penalty minus without",
        better_at(0.95, STRONG, ZEROED),
        0.01,
    ),
    Claim(
        "Pruning by magnitude in training gives an even sparser model than l1",
        "book",
        SOURCE,
        (SPARSEST, *L1),
        "test accuracy with 99% of the weights zero, pruned minus the best strength of l1",
        beyond_l1,
        0.005,
    ),
    Claim(
        "FTRL with l1 (0.1) is an option for a sparse model",
        "notes",
        SOURCE,
        (FTRL, ZEROED),
        "test accuracy with 95% of the weights zero, FTRL minus zeroing alone",
        better_at(0.95, FTRL, ZEROED),
        0.01,
    ),
)
