"""Claims of "Nonsaturating Activation Functions" and "SELU"."""

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import (
    difference,
    final,
    overfitting,
    slower_epochs,
    tau,
)
from dnn_techniques.results.run_sets import Run

SOURCE = "Nonsaturating Activation Functions"
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


RELU = "activations/others-activation=relu"
ELU = "activations/others-activation=elu"
SLOPE = "activations/leaky_slopes-slope={}"
LEAKY = {
    "A leaky ReLU of slope 0.01": SLOPE.format(0.01),
    "A leaky ReLU of slope 0.2": SLOPE.format(0.2),
    "A leaky ReLU of slope 0.3": "activations/leaky_relu",
    "RReLU": "activations/others-activation=rrelu",
    "PReLU": "activations/prelu",
}
ACCURACY = "validation accuracy after 10 epochs"


def elu_above_all(runs: Runs) -> float:
    """Validation accuracy of ELU minus that of the best ReLU, leaky or not."""
    return final(runs[ELU]) - max(final(runs[name]) for name in (RELU, *LEAKY.values()))


def epochs_saved(runs: Runs) -> float:
    """Epochs that ELU needs less than ReLU's 10 for ReLU's last training loss; -1 if more."""
    wanted, losses = final(runs[RELU], "loss"), runs[ELU].curves["loss"]
    reached = (epoch for epoch, loss in enumerate(losses, start=1) if loss <= wanted)
    return len(losses) - next(reached, len(losses) + 1)


DEAD = "dead-units/learning_rates-activation={},lr={}"
HIGH, LOW = 0.5, 0.01
NEVER_DIE = tuple(DEAD.format(a, lr) for a in ("leaky_relu", "rrelu") for lr in (LOW, 0.1, HIGH))


def dead(run: Run) -> float:
    """Share of the hidden units that are dead after the last epoch."""
    share: float = run.result["measured"]["dead_units"][-1]
    return share


def killed(runs: Runs) -> float:
    """Share of dead ReLUs with the high rate minus that with the low one."""
    return dead(runs[DEAD.format("relu", HIGH)]) - dead(runs[DEAD.format("relu", LOW)])


def alive(runs: Runs) -> float:
    """Minus the largest share of dead leaky units at any rate after any epoch."""
    share: float = max(max(run.result["measured"]["dead_units"]) for run in runs.values())
    return 0 - share


def eight_layers(activation: str) -> Claim:
    """The claim that an activation which the chapter leaves out does better than ReLU."""
    name = f"more-activations/eight_layers-activation={activation}"
    relu = "ranking/activations-activation=relu,depth=8"
    return Claim(
        f"With 8 hidden layers {activation} does better than ReLU",
        "ours",
        SOURCE,
        (name, relu),
        "validation accuracy after 5 epochs",
        difference(name, relu),
        0.002,
    )


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
            SOURCE,
            ("ranking/activations",),
            "Kendall's tau of this order and the measured one (1: the same, -1: reversed)",
            ranking(depth),
            0.6,
        )
        for depth in (2, 8, 20)
    ),
    *(
        Claim(
            f"{title} does better than ReLU",
            "book",
            SOURCE,
            (name, RELU),
            ACCURACY,
            difference(name, RELU),
            0.002,
        )
        for title, name in LEAKY.items()
    ),
    Claim(
        "A huge leak, a slope of 0.2, does better than a small one, 0.01",
        "book",
        SOURCE,
        (SLOPE.format(0.2), SLOPE.format(0.01)),
        ACCURACY,
        difference(SLOPE.format(0.2), SLOPE.format(0.01)),
        0.002,
    ),
    Claim(
        "ELU does better than ReLU and all its variants",
        "book",
        SOURCE,
        (ELU, RELU, *LEAKY.values()),
        f"{ACCURACY}, ELU minus the best of the others",
        elu_above_all,
        0.002,
    ),
    Claim(
        "ELU converges in fewer epochs than ReLU",
        "book",
        SOURCE,
        (ELU, RELU),
        "epochs less, of 10, until ReLU's last training loss is reached",
        epochs_saved,
        1,
    ),
    Claim(
        "An epoch takes longer with ELU than with ReLU",
        "book",
        SOURCE,
        (ELU, RELU),
        "seconds more an epoch as a share, measured while other runs were made too",
        slower_epochs(ELU, RELU),
        0.02,
    ),
    Claim(
        "A large learning rate kills ReLUs",
        "book",
        SOURCE,
        (DEAD.format("relu", HIGH), DEAD.format("relu", LOW)),
        f"share of hidden units dead after 5 epochs, rate {HIGH} minus {LOW}",
        killed,
        0.1,
    ),
    Claim(
        "Leaky ReLUs never die",
        "book",
        SOURCE,
        NEVER_DIE,
        "share of hidden units dead, leaky ReLU or RReLU, at any rate after any epoch, negative",
        alive,
        0,
    ),
    Claim(
        "RReLU regularizes",
        "book",
        SOURCE,
        (DEAD.format("relu", 0.1), DEAD.format("rrelu", 0.1)),
        "accuracy on the training minus the test images, ReLU minus RReLU, rate 0.1, 5 epochs",
        overfitting(DEAD.format("relu", 0.1), DEAD.format("rrelu", 0.1)),
        0.002,
    ),
    *(eight_layers(activation) for activation in ("gelu", "swish")),
)
