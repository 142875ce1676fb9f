"""What the notes claim of their experiments on MNIST, each as an effect to be measured."""

from collections.abc import Callable

from dnn_techniques.results.claims import Claim, Runs

DATA = "mnist"


def _test_accuracy(better: str, worse: str) -> Callable[[Runs], float]:
    """Test accuracy of one finished net minus that of another."""
    figure = "test_accuracy"
    return lambda runs: runs[better].finished[figure] - runs[worse].finished[figure]


def _early(better: str, worse: str) -> Callable[[Runs], float]:
    """Validation accuracy of one experiment minus that of another, after the first epoch."""

    def effect(runs: Runs) -> float:
        first, second = (runs[name].curves["val_accuracy"][0] for name in (better, worse))
        return first - second

    return effect


def _overfitting(more: str, less: str) -> Callable[[Runs], float]:
    """By how much more one finished net is better on the training than on the test images."""

    def gap(runs: Runs, name: str) -> float:
        figures = runs[name].finished
        return figures["train_accuracy"] - figures["test_accuracy"]

    return lambda runs: gap(runs, more) - gap(runs, less)


def _claim(
    statement: str,
    source: str,
    pair: tuple[str, str],
    unit: str,
    effect: Callable[[str, str], Callable[[Runs], float]],
    at_least: float,
) -> Claim:
    names = f"mnist/{pair[0]}", f"mnist/{pair[1]}"
    return Claim(statement, source, names, unit, effect(*names), at_least, DATA)


CLAIMS = (
    *(
        _claim(
            f"Batch normalization converges faster ({net})",
            source,
            pair,
            "validation accuracy after 1 epoch",
            _early,
            at_least,
        )
        for net, source, pair, at_least in (
            ("two hidden layers, SGD", "Batch Normalization", ("bn", "bn_without"), 0.02),
            (
                "five hidden layers, Adam",
                "exercise 8 d",
                ("digits_0_4_bn", "digits_0_4_best"),
                0.002,
            ),
        )
    ),
    *(
        _claim(
            f"Dropout overfits less ({net})",
            source,
            pair,
            "accuracy on the training minus on the test images, without dropout minus with it",
            _overfitting,
            0.001,
        )
        for net, source, pair in (
            ("two hidden layers, SGD", "Dropout", ("dropout_off", "dropout")),
            (
                "five hidden layers, Adam, BN",
                "exercise 8 e",
                ("digits_0_4_bn", "digits_0_4_dropout"),
            ),
        )
    ),
    _claim(
        "Dropout costs test accuracy here",
        "exercise 8 e",
        ("digits_0_4_bn", "digits_0_4_dropout"),
        "test accuracy, without dropout minus with it",
        _test_accuracy,
        0.001,
    ),
    *(
        _claim(
            statement,
            "exercise 9",
            pair,
            "test accuracy with 100 images a digit",
            _test_accuracy,
            0.01,
        )
        for statement, pair in (
            (
                "Four frozen layers do better than five, all random",
                ("digits_5_9_frozen_4", "digits_5_9_cached"),
            ),
            (
                "Three frozen layers do better than four, all random, all else equal",
                ("digits_5_9_frozen_3_alone", "digits_5_9_frozen_4"),
            ),
            (
                "Three frozen layers with ELU and batches of 50 do better than four, all random",
                ("digits_5_9_frozen_3", "digits_5_9_frozen_4"),
            ),
            (
                "Four frozen layers do better than five, trained on 0 to 4",
                ("digits_5_9_reused_4", "digits_5_9_reused_cached"),
            ),
            (
                "Three frozen layers with ELU and batches of 50 do better than four, trained",
                ("digits_5_9_reused_3", "digits_5_9_reused_4"),
            ),
        )
    ),
    *(
        _claim(
            f"Trained frozen layers do better than random ones ({frozen} layers)",
            "exercise 9",
            pair,
            "test accuracy with 100 images a digit",
            _test_accuracy,
            0.01,
        )
        for frozen, pair in (
            ("five", ("digits_5_9_reused_cached", "digits_5_9_cached")),
            ("four", ("digits_5_9_reused_4", "digits_5_9_frozen_4")),
            ("three", ("digits_5_9_reused_3", "digits_5_9_frozen_3")),
        )
    ),
)
