"""Claims of exercise 8, which trains twenty hidden layers on CIFAR-10 in six ways."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import final, slower_epochs
from dnn_techniques.results.run_sets import Run

SOURCE = "exercise 8, {}"
ELU, BN, SELU, ALPHA, MC, ONE_CYCLE, CONVOLUTIONAL = (
    f"cifar10/{name}"
    for name in ("elu", "bn", "selu", "alpha_dropout", "mc_dropout", "one_cycle", "convolutional")
)


def best(run: Run, figure: str = "val_accuracy") -> float:
    """A figure of the epoch with the lowest validation loss."""
    return run.finished[f"best_{figure}"]


def epochs_to_loss(run: Run, loss: float) -> int:
    """Epochs until a validation loss is reached; one more than there are, if it never is."""
    curve = run.curves["val_loss"]
    return next((i for i, value in enumerate(curve, start=1) if value <= loss), len(curve) + 1)


def seconds_to_loss(run: Run, loss: float) -> float:
    """Seconds until a validation loss is reached; of all epochs, if it never is."""
    return math.fsum(run.curves["seconds"][: epochs_to_loss(run, loss)])


def epochs_saved(faster: str, slower: str) -> Effect:
    """Epochs that one net needs less than another until the plain net's lowest loss."""

    def effect(runs: Runs) -> float:
        loss = best(runs[ELU], "val_loss")
        return epochs_to_loss(runs[slower], loss) - epochs_to_loss(runs[faster], loss)

    return effect


def less_time(runs: Runs) -> float:
    """How often batch normalization halves the time until the plain net's lowest loss."""
    loss = best(runs[ELU], "val_loss")
    return math.log2(seconds_to_loss(runs[ELU], loss) / seconds_to_loss(runs[BN], loss))


def better(one: str, other: str) -> Effect:
    """Accuracy of one net minus that of another, each at its lowest validation loss."""
    return lambda runs: best(runs[one]) - best(runs[other])


def alike(one: str, other: str, limit: float) -> Effect:
    """By how much less than `limit` these accuracies differ."""
    return lambda runs: limit - abs(best(runs[one]) - best(runs[other]))


def one_cycle_is_faster(runs: Runs) -> float:
    """How often 1cycle halves the time of all epochs of the alpha dropout net."""
    alpha, cycle = (sum(runs[name].curves["seconds"]) for name in (ALPHA, ONE_CYCLE))
    return math.log2(alpha / cycle)


def better_than_all_but_bn(runs: Runs) -> float:
    """Accuracy of 1cycle's last epoch minus the best of those at the others' lowest losses."""
    return final(runs[ONE_CYCLE]) - max(best(runs[name]) for name in (ELU, SELU, ALPHA))


def about_the_best(limit: float, **chosen: float) -> Effect:
    """By how much less than `limit` the lowest last loss of a search is below the chosen one's."""

    def effect(runs: Runs) -> float:
        losses = {name: loss_or_infinite(run) for name, run in runs.items()}
        (ours,) = (name for name, run in runs.items() if has(run, **chosen))
        return limit + min(losses.values()) - losses[ours]

    return effect


def loss_or_infinite(run: Run) -> float:
    """Validation loss after the last epoch; infinite if it is no number."""
    loss = final(run, "val_loss")
    return loss if math.isfinite(loss) else math.inf


def has(run: Run, **settings: float) -> bool:
    """Whether a run's module has these settings."""
    return all(run.settings[f"model.init_args.{name}"] == v for name, v in settings.items())


CLAIMS = tuple(
    Claim(statement, whose, SOURCE.format(part), selection, unit, effect, at_least, "cifar10")  # type: ignore[arg-type]
    for statement, whose, part, selection, unit, effect, at_least in (
        (
            "Of the rates that were tried for ELU 5e-5 is about the best after 10 epochs",
            "notebook",
            "b",
            ("cifar10-rates/elu",),
            "0.03 minus the nats that the lowest last validation loss of all rates is lower",
            about_the_best(0.03, lr=5e-5),
            0,
        ),
        (
            "Of the rates that were tried for BN 5e-4 is about the best after 20 epochs",
            "notebook",
            "c",
            ("cifar10-rates/bn",),
            "0.03 minus the nats that the lowest last validation loss of all rates is lower",
            about_the_best(0.03, lr=5e-4),
            0,
        ),
        (
            "A search of rate and dropout gains not much over 5e-4 and 10%",
            "notebook",
            "e",
            ("cifar10-rates/alpha_dropout",),
            "0.05 minus the nats that the lowest last validation loss of all pairs is lower",
            about_the_best(0.05, lr=5e-4, rate=0.1),
            0,
        ),
        (
            "BN reaches the plain net's lowest loss in far fewer epochs (printed: 5 for 27)",
            "notebook",
            "c",
            (BN, ELU),
            "epochs saved until the plain net's lowest validation loss",
            epochs_saved(BN, ELU),
            10,
        ),
        (
            "BN gives a much better net (printed: 54.0% for 47.6%)",
            "notebook",
            "c",
            (BN, ELU),
            "validation accuracy, each at its lowest loss",
            better(BN, ELU),
            0.03,
        ),
        (
            "An epoch takes longer with BN (printed: 12 s for 8 s)",
            "notebook",
            "c",
            (BN, ELU),
            "seconds more an epoch as a share, measured while other runs were made too",
            slower_epochs(BN, ELU),
            0.2,
        ),
        (
            "BN shortens the training all the same",
            "notebook",
            "c",
            (BN, ELU),
            "halvings of the seconds until the plain net's lowest validation loss",
            less_time,
            0.5,
        ),
        (
            "SELU converges almost as fast as BN",
            "notebook",
            "d",
            (SELU, BN, ELU),
            "5 minus the epochs more than BN until the plain net's lowest validation loss",
            lambda runs: 5 + epochs_saved(SELU, BN)(runs),
            0,
        ),
        (
            "An epoch takes no longer with SELU than with ELU (printed: 7 s for 8 s)",
            "notebook",
            "d",
            (SELU, ELU),
            "0.1 minus the seconds more an epoch as a share",
            lambda runs: 0.1 - slower_epochs(SELU, ELU)(runs),
            0,
        ),
        (
            "SELU is not much better than the plain net (printed: 47.9% for 47.6%)",
            "notebook",
            "d",
            (SELU, ELU),
            "0.02 minus the difference of the validation accuracies, each at its lowest loss",
            alike(SELU, ELU, 0.02),
            0,
        ),
        (
            "Alpha dropout is not much better either (printed: 48.9% for 47.9%)",
            "notebook",
            "e",
            (ALPHA, SELU),
            "0.02 minus the difference of the validation accuracies, each at its lowest loss",
            alike(ALPHA, SELU, 0.02),
            0,
        ),
        (
            "MC dropout gains no accuracy (printed: 48.92% for 48.90%)",
            "notebook",
            "e",
            (MC,),
            "0.01 minus the difference of the validation accuracies",
            lambda runs: 0.01 - abs(best(runs[MC], "val_mc_accuracy") - best(runs[MC])),
            0,
        ),
        (
            "1cycle is several times faster than the fastest net before",
            "notebook",
            "f",
            (ONE_CYCLE, ALPHA),
            "halvings of the seconds of all epochs, against the alpha dropout net",
            one_cycle_is_faster,
            math.log2(3),
        ),
        (
            "1cycle is better than the plain net (printed: 52.0% for 47.6%)",
            "notebook",
            "f",
            (ONE_CYCLE, ELU),
            "validation accuracy, of its last epoch minus at the plain net's lowest loss",
            lambda runs: final(runs[ONE_CYCLE]) - best(runs[ELU]),
            0.02,
        ),
        (
            "1cycle is better than every net but that with BN (printed: 52.0% for 48.9%)",
            "notebook",
            "f",
            (ONE_CYCLE, ELU, SELU, ALPHA),
            "validation accuracy, of its last epoch minus the best of the others' lowest losses",
            better_than_all_but_bn,
            0.01,
        ),
        (
            "BN stays the best, slightly better than 1cycle (printed: 54.0% for 52.0%)",
            "notebook",
            "f",
            (BN, ONE_CYCLE),
            "validation accuracy, at its lowest loss minus of 1cycle's last epoch",
            lambda runs: best(runs[BN]) - final(runs[ONE_CYCLE]),
            0.005,
        ),
        (
            "A convolutional net does much better (than with BN)",
            "notebook",
            "c",
            (CONVOLUTIONAL, BN),
            "validation accuracy, each at its lowest loss",
            better(CONVOLUTIONAL, BN),
            0.05,
        ),
    )
)
