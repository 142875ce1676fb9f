"""Claims of "The Vanishing/Exploding Gradients Problems"."""

import math
import statistics

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import difference
from dnn_techniques.results.run_sets import Run


def signals(activation: str) -> tuple[str, str]:
    """Names of the experiments with the naive and with the recommended initializer."""
    name = f"initialization/signal-activation={activation},initializer="
    return f"{name}naive", f"{name}recommended"


def decades(run: Run) -> float:
    """Powers of ten between the gradients of the first and the last layer, NaN if one is 0."""
    gradient = run.result["measured"]["gradient_rms"]
    if not gradient[0] or not gradient[-1]:  # none, not finite or 0
        return math.nan
    return abs(math.log10(gradient[0] / gradient[-1]))


def gradient_decades(activation: str) -> Effect:
    """By how many powers of ten less the gradient changes through the layers than if naive."""

    def effect(runs: Runs) -> float:
        naive, recommended = (runs[name] for name in signals(activation))
        return decades(naive) - decades(recommended)

    return effect


def saturation(runs: Runs) -> float:
    """Share of saturated tanh units, naive minus recommended."""
    naive, recommended = (
        statistics.fmean(runs[name].result["measured"]["saturated"]) for name in signals("tanh")
    )
    return naive - recommended


HE = "ranking/activations-activation=relu,depth=20"
OTHERS = "initializers/relu_20_layers-initializer={}"


def starved(initializer: str) -> Effect:
    """Powers of ten by which the outputs' deviation falls through the layers more than with He."""

    def decades(run: Run) -> float:
        std = run.result["measured"]["output_std"]
        return math.log10(std[0] / std[-1]) if std[-1] > 0 else math.inf

    return lambda runs: decades(runs[OTHERS.format(initializer)]) - decades(runs[HE])


CLAIMS = (
    Claim(
        "With naive initialization deep tanh layers saturate, with Glorot's they do not",
        "book",
        "The Vanishing/Exploding Gradients Problems",
        signals("tanh"),
        "share of saturated units over 20 layers, naive minus Glorot",
        saturation,
        0.2,
    ),
    *(
        Claim(
            f"The recommended initializer keeps the gradient of 20 {name} layers",
            "book",
            "The Vanishing/Exploding Gradients Problems",
            signals(name),
            "powers of ten between the last and the first layer, naive minus recommended",
            gradient_decades(name),
            1,
        )
        for name in ("sigmoid", "tanh", "relu", "selu")
    ),
    *(
        Claim(
            f"{name} starves 20 ReLU layers, He's does not",
            "ours",
            "Glorot and He Initialization",
            (OTHERS.format(initializer), HE),
            "powers of ten that the outputs' deviation falls through the layers, minus He's",
            starved(initializer),
            1,
        )
        for name, initializer in (
            ("A normal distribution of deviation 0.05", "random_normal"),
            ("Keras's default, Glorot's uniform,", "glorot_uniform"),
        )
    ),
    Claim(
        "He's initializer trains 20 ReLU layers better than Keras's default does",
        "ours",
        "Glorot and He Initialization",
        (HE, OTHERS.format("glorot_uniform")),
        "validation accuracy after 5 epochs",
        difference(HE, OTHERS.format("glorot_uniform")),
        0.01,
    ),
)
