"""Claims of "Gradient Clipping"."""

from dnn_techniques.results.claims.claim import Claim, Runs
from dnn_techniques.results.claims.effects import trained_to

WAYS = ("clipping/by_value", "clipping/by_norm", "clipping/by_global_norm")


def worst_way(runs: Runs) -> float:
    """Validation accuracy of the worst way of clipping minus that without."""
    return min(trained_to(runs[way]) for way in WAYS) - trained_to(runs["clipping/without"])


CLAIMS = (
    Claim(
        "A net that diverges trains when its gradients are clipped, by value or by norm",
        "book",
        "Gradient Clipping",
        (*WAYS, "clipping/without"),
        "validation accuracy, worst way of clipping minus none (0 for a loss that is not finite)",
        worst_way,
        0.3,
    ),
)
