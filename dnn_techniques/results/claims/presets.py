"""Claims of "Summary and Practical Guidelines"."""

from dnn_techniques.results.claims.claim import Claim
from dnn_techniques.results.claims.effects import final

# The best validation accuracy that the chapter prints for Fashion MNIST.
BEST_DOCUMENTED = 0.8962

CLAIMS = tuple(
    Claim(
        f"The book's {name} configuration beats the chapter's best net within 25 epochs",
        "ours",
        "Summary and Practical Guidelines",
        (experiment,),
        f"validation accuracy minus {BEST_DOCUMENTED}",
        lambda runs: final(next(iter(runs.values()))) - BEST_DOCUMENTED,
        0,
    )
    for name, experiment in (
        ("default", "presets/default"),
        ("self-normalizing", "presets/self_normalizing"),
    )
)
