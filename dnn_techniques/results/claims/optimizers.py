"""Claims of "Faster Optimizers"."""

import math
import statistics
from collections.abc import Callable, Sequence

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import tau
from dnn_techniques.results.run_sets import Run

SOURCE = "Faster Optimizers"
TABLE = documented_table("optimizer_stars")
ROWS = {k.split(" ")[-1]: v for k, v in TABLE.items() if k not in ("columns", "sources")}

# Where the runs of an optimizer are, with what is said of their rates.
TUNED = "optimizers/{}"
DOCUMENTED = "optimizers/documented-optimizer={}"
RATES = {TUNED: "at tuned rates", DOCUMENTED: "at the chapter's rates, 0.001"}

SWEEP = "rates/optimizers"
# A rate is good if the loss is at most so many times the lowest of all rates.
GOOD = 1.1

Figure = Callable[[Run], float]


def finite(losses: Sequence[float]) -> list[float]:
    """Losses with infinity for those that are not finite: worse than any."""
    return [loss if math.isfinite(loss) else math.inf for loss in losses]


def first_loss(run: Run) -> float:
    """Training loss of the first epoch."""
    return finite(run.curves["loss"])[0]


def last_loss(run: Run) -> float:
    """Training loss of the last epoch."""
    return finite(run.curves["loss"])[-1]


def lowest_loss(run: Run) -> float:
    """Lowest validation loss of all epochs."""
    return min(finite(run.curves["val_loss"]))


def names(rates: str) -> tuple[str, ...]:
    """The experiments of all optimizers, in the order of the book's table."""
    return tuple(rates.format(name) for name in ROWS)


def stars(column: int, figure: Figure, rates: str) -> Effect:
    """Kendall's tau-b of a column of the book's stars and a figure, the lower the better."""
    claimed = [_count(row[column]) for row in ROWS.values()]

    def effect(runs: Runs) -> float:
        return tau(claimed, [-figure(runs[name]) for name in names(rates)])

    return effect


def lower(figure: Figure, better: str, worse: str) -> Effect:
    """By how much a figure of one experiment is below that of another."""
    return lambda runs: figure(runs[worse]) - figure(runs[better])


def losses_by_rate(runs: Runs, optimizer: str) -> dict[float, float]:
    """Lowest validation loss of an optimizer at each rate of the sweep."""
    start = f"{SWEEP}-optimizer={optimizer},lr="
    return {float(n.removeprefix(start)): lowest_loss(r) for n, r in runs.items() if start in n}


def good_rates(runs: Runs, optimizer: str) -> int:
    """Number of rates of the sweep that are good, see `GOOD`."""
    losses = losses_by_rate(runs, optimizer).values()
    return sum(loss <= GOOD * min(losses) for loss in losses)


def default_rate(runs: Runs) -> float:
    """By what share Adam's loss at 0.001 is below its lowest one, which makes it 0 or negative."""
    losses = losses_by_rate(runs, "adam")
    return min(losses.values()) / losses[0.001] - 1


def _count(stars: str) -> float:
    """Number of stars; ``** or ***`` is two and a half."""
    return statistics.fmean(word.count("*") for word in stars.split(" ") if "*" in word)


def _less_tuning(name: str, optimizer: str) -> Claim:
    return Claim(
        f"{name} needs less tuning of the rate than plain SGD",
        "book",
        SOURCE,
        (SWEEP,),
        f"rates within {GOOD - 1:.0%} of the lowest validation loss, of 8, more than SGD has",
        lambda runs: good_rates(runs, optimizer) - good_rates(runs, "sgd"),
        1,
    )


SPEED = "training loss after 1 epoch, the slower minus the faster (nats)"
QUALITY = "lowest validation loss of 5 epochs, the worse minus the better (nats)"

CLAIMS = (
    *(
        Claim(
            f"The optimizers' convergence {what} is ordered as the table's stars, {where}",
            "book",
            SOURCE,
            names(rates),
            f"Kendall's tau-b ({most} at most, for the stars are tied) of stars and {figure_name}",
            stars(column, figure, rates),
            0.3,
        )
        for rates, where in RATES.items()
        for column, what, most, figure_name, figure in (
            (0, "speed", 0.78, "training loss after 1 epoch, lower is faster", first_loss),
            (1, "quality", 0.82, "lowest validation loss of 5 epochs", lowest_loss),
        )
    ),
    *(
        Claim(
            f"{statement}, {where}",
            "book",
            SOURCE,
            (rates.format(better), rates.format(worse)),
            unit,
            lower(figure, rates.format(better), rates.format(worse)),
            at_least,
        )
        for rates, where in RATES.items()
        for statement, better, worse, unit, figure, at_least in (
            ("Momentum goes faster than plain SGD", "momentum", "sgd", SPEED, first_loss, 0.01),
            (
                "Nesterov goes faster than momentum",
                "nesterov",
                "momentum",
                SPEED,
                first_loss,
                0.005,
            ),
            ("RMSProp does better than Adagrad", "rmsprop", "adagrad", QUALITY, lowest_loss, 0.01),
            ("Nadam converges faster than Adam", "nadam", "adam", SPEED, first_loss, 0.002),
            ("Adam does better than AdaMax", "adam", "adamax", QUALITY, lowest_loss, 0.002),
        )
    ),
    *(
        Claim(
            f"Adagrad stops too early, {where}",
            "book",
            SOURCE,
            (adagrad, momentum),
            "training loss after 50 epochs, Adagrad minus SGD with momentum (nats)",
            lower(last_loss, momentum, adagrad),
            0.02,
        )
        for where, adagrad, momentum in (
            (RATES[TUNED], "optimizers/adagrad_long", "optimizers/momentum_long"),
            (
                RATES[DOCUMENTED],
                "optimizers/documented_long-optimizer=adagrad",
                "optimizers/documented_long-optimizer=momentum",
            ),
        )
    ),
    _less_tuning("Adam", "adam"),
    _less_tuning("Adagrad", "adagrad"),
    Claim(
        "Adam's default rate will do",
        "book",
        SOURCE,
        (SWEEP,),
        "validation loss at the best rate over that at 0.001, minus 1 (5% worse will still do)",
        default_rate,
        -0.05,
    ),
)
