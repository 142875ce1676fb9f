"""Claims of "Summary and Practical Guidelines"."""

from dnn_techniques.results.claims.claim import Claim
from dnn_techniques.results.claims.effects import difference, final

SOURCE = "Summary and Practical Guidelines"
# The highest validation accuracy that the notebook prints after any epoch for Fashion MNIST, in the
# 1cycle section; its nets have 300 and 100 hidden units.
BEST_DOCUMENTED = 0.8962

CLAIMS = (
    Claim(
        "With 20 hidden layers the default configuration is better with batch normalization",
        "book",
        SOURCE,
        ("presets/default_deep",),
        "validation accuracy after the last epoch, with batch normalization minus without",
        difference("presets/default_deep-norm=before", "presets/default_deep-norm=none"),
        0.005,
    ),
    Claim(
        "A simple stack of dense layers is better off with the self-normalizing configuration",
        "book",
        SOURCE,
        ("presets/self_normalizing", "presets/default"),
        "validation accuracy after the last epoch, self-normalizing minus default, both 300-100",
        difference("presets/self_normalizing", "presets/default"),
        0,
    ),
    *(
        Claim(
            f"{name} ends above the highest validation accuracy that the notebook prints",
            "ours",
            SOURCE,
            (experiment,),
            f"validation accuracy minus {BEST_DOCUMENTED}",
            lambda runs: final(next(iter(runs.values()))) - BEST_DOCUMENTED,
            0,
        )
        for name, experiment in (
            ("The default configuration with 300-100 units", "presets/default"),
            ("The self-normalizing configuration with 300-100 units", "presets/self_normalizing"),
            ("Our wider default configuration, 512-256,", "presets/default_wide"),
            ("Our wider self-normalizing one, 512-256,", "presets/self_normalizing_wide"),
        )
    ),
)
