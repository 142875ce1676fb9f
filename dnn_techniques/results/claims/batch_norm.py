"""Claims of "Batch Normalization"."""

from dnn_techniques.results.claims.claim import Claim
from dnn_techniques.results.claims.effects import difference

CLAIMS = tuple(
    Claim(
        f"BN {where} the activation beats the plain net early",
        "book",
        "Batch Normalization",
        (f"bn/{where}_activation", "bn/without"),
        "validation accuracy after 1 epoch",
        difference(f"bn/{where}_activation", "bn/without", epoch=1),
        0.02,
    )
    for where in ("after", "before")
)
