"""What the notes claim of their experiments on MNIST, each as an effect to be measured."""

from collections.abc import Callable

from dnn_techniques.results.claims.claim import Claim, Effect, Whose
from dnn_techniques.results.claims.effects import better_on_test, difference, overfitting

DATA = "mnist"


def _early(better: str, worse: str) -> Effect:
    """Validation accuracy of one experiment minus that of another, after the first epoch."""
    return difference(better, worse, epoch=1)


def _claim(
    statement: str,
    source: str,
    pair: tuple[str, str],
    unit: str,
    effect: Callable[[str, str], Effect],
    at_least: float,
    whose: Whose = "notes",
) -> Claim:
    names = f"mnist/{pair[0]}", f"mnist/{pair[1]}"
    return Claim(statement, whose, source, names, unit, effect(*names), at_least, DATA)


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
            overfitting,
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
        "The notes' default settings do better than a plain net",
        "Practical Guidelines",
        ("preset", "bn_without"),
        "test accuracy after 20 epochs, defaults minus plain SGD at the same rate",
        better_on_test,
        0.01,
        "ours",
    ),
    _claim(
        "RMSProp with epsilon 1 does better than with 1e-10 at the notes' rate of 0.1",
        "RMSProp",
        ("rmsprop", "rmsprop_small_epsilon"),
        "test accuracy after 20 epochs",
        better_on_test,
        0.01,
        "ours",
    ),
    _claim(
        "Dropout costs test accuracy here",
        "exercise 8 e",
        ("digits_0_4_bn", "digits_0_4_dropout"),
        "test accuracy, without dropout minus with it",
        better_on_test,
        0.001,
    ),
    *(
        _claim(
            statement,
            "exercise 9",
            pair,
            "test accuracy with 100 images a digit",
            better_on_test,
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
            better_on_test,
            0.01,
            "ours",
        )
        for frozen, pair in (
            ("five", ("digits_5_9_reused_cached", "digits_5_9_cached")),
            ("four", ("digits_5_9_reused_4", "digits_5_9_frozen_4")),
            ("three", ("digits_5_9_reused_3", "digits_5_9_frozen_3")),
        )
    ),
)
