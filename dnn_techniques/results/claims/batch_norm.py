"""Claims of "Batch Normalization"."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import (
    difference,
    epochs_to_reach,
    final,
    largest_that_trains,
    slower_epochs,
    trained_to,
)
from dnn_techniques.results.claims.initialization import decades
from dnn_techniques.results.run_sets import Run

SOURCE = "Batch Normalization"

RATES = "bn-deep/learning_rate"
INITIALIZERS = "bn-deep/initializer-norm={},initializer={}"


def activations(name: str) -> tuple[str, str]:
    """The nets of twenty layers with an activation: with batch normalization, and without."""
    form = "bn-deep/activation-norm={},activation={}"
    return form.format("before", name), form.format("none", name)


# A net with batch normalization and the same without, by what they are.
PAIRS: dict[str, tuple[str, str]] = {
    "two hidden layers, ReLU": ("bn/after_activation", "bn/without"),
    "two hidden layers, ELU": ("bn-elu/after_activation", "bn-elu/without"),
    "twenty hidden layers, ReLU": activations("relu"),
}


def by_rate(runs: Runs, norm: str) -> dict[float, Run]:
    """The runs with or without batch normalization, by learning rate."""
    chosen = [r for r in runs.values() if r.settings["model.init_args.norm"] == norm]
    return {run.settings["model.init_args.lr"]: run for run in chosen}


def larger_rates(runs: Runs) -> float:
    """Powers of ten between the largest rates at which the nets train."""
    with_bn, without = (largest_that_trains(by_rate(runs, norm)) for norm in ("before", "none"))
    return math.log10(with_bn / without)


def best_rates(runs: Runs) -> float:
    """Validation accuracy at the best rate with batch normalization minus at the best without."""
    with_bn, without = (
        max(trained_to(run) for run in by_rate(runs, norm).values()) for norm in ("before", "none")
    )
    return with_bn - without


def less_sensitive(runs: Runs) -> float:
    """Validation accuracy that naive initialization costs without BN, minus what it costs with."""

    def cost(norm: str) -> float:
        good, naive = (INITIALIZERS.format(norm, i) for i in ("recommended", "naive"))
        return trained_to(runs[good]) - trained_to(runs[naive])

    return cost("none") - cost("before")


def trainable(activation: str) -> Effect:
    """Validation accuracy with batch normalization minus without."""
    with_bn, without = activations(activation)
    return lambda runs: trained_to(runs[with_bn]) - trained_to(runs[without])


def kept_gradient(activation: str) -> Effect:
    """By how many powers of ten less the gradient changes through the layers than without."""
    with_bn, without = activations(activation)
    return lambda runs: decades(runs[without]) - decades(runs[with_bn])


def both_epochs(with_bn: Run, without: Run) -> tuple[int, int]:
    """Epochs of both until the last accuracy of the one without batch normalization."""
    return epochs_to_reach(with_bn, final(without)), epochs_to_reach(without, final(without))


def fewer_epochs(with_bn: str, without: str) -> Effect:
    """Epochs that batch normalization saves until the other net's last validation accuracy."""

    def effect(runs: Runs) -> float:
        its, others = both_epochs(runs[with_bn], runs[without])
        return others - its

    return effect


def less_time(with_bn: str, without: str) -> Effect:
    """How often batch normalization halves the time to the other net's last accuracy."""
    longer = slower_epochs(with_bn, without)

    def effect(runs: Runs) -> float:
        its, others = both_epochs(runs[with_bn], runs[without])
        return math.log2(others / (its * (1 + longer(runs))))

    return effect


CLAIMS = (
    *(
        Claim(
            f"BN {where} the activation beats the plain net early",
            "book",
            SOURCE,
            (f"bn/{where}_activation", "bn/without"),
            "validation accuracy after 1 epoch",
            difference(f"bn/{where}_activation", "bn/without", epoch=1),
            0.02,
        )
        for where in ("after", "before")
    ),
    Claim(
        "With two hidden layers BN will hardly have a very positive effect (the book's ELU net)",
        "book",
        SOURCE,
        PAIRS["two hidden layers, ELU"],
        "0.02 minus the validation accuracy that BN gains in 10 epochs",
        lambda runs: 0.02 - difference(*PAIRS["two hidden layers, ELU"])(runs),
        0,
    ),
    Claim(
        "Much larger learning rates can be used with BN (20 hidden layers)",
        "book",
        SOURCE,
        (RATES,),
        "powers of ten between the largest rates with a validation accuracy of 0.5",
        larger_rates,
        0.5,
    ),
    Claim(
        "These larger rates speed learning up (20 hidden layers)",
        "book",
        SOURCE,
        (RATES,),
        "validation accuracy after 2 epochs, at the best rate with BN minus at the best without",
        best_rates,
        0.01,
    ),
    Claim(
        "Nets with BN are much less sensitive to the weight initialization (20 hidden layers)",
        "book",
        SOURCE,
        ("bn-deep/initializer",),
        "what naive initialization costs in validation accuracy, without BN minus with",
        less_sensitive,
        0.1,
    ),
    *(
        Claim(
            f"BN makes 20 {name} layers trainable",
            "book",
            SOURCE,
            activations(activation),
            "validation accuracy after 5 epochs, with BN minus without",
            trainable(activation),
            0.3,
        )
        for activation, name in (("tanh", "tanh"), ("sigmoid", "logistic"))
    ),
    *(
        Claim(
            f"BN strongly reduces the vanishing of the gradient in 20 {name} layers",
            "book",
            SOURCE,
            activations(activation),
            "powers of ten between the last and the first layer, without BN minus with",
            kept_gradient(activation),
            1,
        )
        for activation, name in (("tanh", "tanh"), ("sigmoid", "logistic"))
    ),
    *(
        Claim(
            f"{statement} ({which})",
            "book",
            SOURCE,
            pair,
            unit,
            effect(*pair),
            at_least,
        )
        for statement, unit, effect, at_least in (
            (
                "With BN fewer epochs reach the same performance",
                "epochs saved until the last validation accuracy without BN (never: one more than"
                " there are)",
                fewer_epochs,
                1,
            ),
            (
                "Each epoch takes much more time with BN",
                "seconds more an epoch as a share, measured while other runs were made too",
                slower_epochs,
                0.2,
            ),
            (
                "All in all, the time until the same performance is shorter with BN",
                "halvings of the seconds until the last validation accuracy without BN",
                less_time,
                0,
            ),
        )
        for which, pair in PAIRS.items()
    ),
)
