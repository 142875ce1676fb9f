"""Claims of "The Vanishing/Exploding Gradients Problems"."""

import math
import statistics

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
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
)
