"""Claims of "Nonsaturating Activation Functions" and "SELU"."""

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import difference, final, tau

# Up to here an accuracy is that of guessing one of ten classes: no net is better than another.
LEARNED_NOTHING = 0.12
ACTIVATION_ORDER = ("selu", "elu", "leaky_relu", "relu", "tanh", "sigmoid")


def ranking(depth: int) -> Effect:
    """Kendall's tau of the book's order of the activations and the measured one."""

    def effect(runs: Runs) -> float:
        name = "ranking/activations-activation={},depth={}"
        finals = [final(runs[name.format(a, depth)]) for a in ACTIVATION_ORDER]
        measured = [max(accuracy, LEARNED_NOTHING) for accuracy in finals]
        return tau(range(len(measured), 0, -1), measured)

    return effect


CLAIMS = (
    Claim(
        "SELU beats ReLU at 100 layers",
        "notebook",
        "SELU",
        ("depth",),
        "validation accuracy after 5 epochs",
        difference("depth/selu_100_layers", "depth/relu_100_layers"),
        0.02,
    ),
    *(
        Claim(
            f"SELU > ELU > leaky ReLU > ReLU > tanh > logistic with {depth} hidden layers",
            "book",
            "Nonsaturating Activation Functions",
            ("ranking/activations",),
            "Kendall's tau of this order and the measured one (1: the same, -1: reversed)",
            ranking(depth),
            0.6,
        )
        for depth in (2, 8, 20)
    ),
)
