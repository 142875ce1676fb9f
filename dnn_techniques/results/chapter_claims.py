"""What chapter 11 claims in prose, each as an effect to be measured."""

import math
import statistics
from collections.abc import Callable, Sequence

from scipy.stats import kendalltau

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.results.claims import Claim, Runs
from dnn_techniques.results.run_sets import Run

# The best validation accuracy that the chapter prints for Fashion MNIST.
BEST_DOCUMENTED = 0.8962


def final(run: Run, metric: str = "val_accuracy") -> float:
    """Value after the last epoch."""
    return run.curves[metric][-1]


def epochs_to_reach(run: Run, accuracy: float, window: int) -> int:
    """Epochs until the mean validation accuracy of `window` epochs in a row is reached.

    One more than there are, if it never is.
    """
    curve = run.curves["val_accuracy"]
    means = [statistics.fmean(curve[i : i + window]) for i in range(len(curve) - window + 1)]
    reached = (i + window for i, mean in enumerate(means) if mean >= accuracy)
    return next(reached, len(curve) + 1)


def _difference(better: str, worse: str, epoch: int | None = None) -> Callable[[Runs], float]:
    """Validation accuracy of one experiment minus that of another, after `epoch` or the last."""
    index = -1 if epoch is None else epoch - 1

    def effect(runs: Runs) -> float:
        curves = [runs[name].curves["val_accuracy"] for name in (better, worse)]
        return curves[0][index] - curves[1][index]

    return effect


def _one_cycle(window: int) -> Callable[[Runs], float]:
    """Epochs that a constant rate needs more than 1cycle for its final validation accuracy."""

    def effect(runs: Runs) -> float:
        cycle = runs["schedules/one_cycle"]
        reached = epochs_to_reach(runs["schedules/constant"], final(cycle), window)
        return reached - len(cycle.curves["epoch"])

    return effect


def _finished(better: str, worse: str) -> Callable[[Runs], float]:
    """Difference of two figures of the finished Monte Carlo dropout net."""

    def effect(runs: Runs) -> float:
        (run,) = runs.values()
        values = [run.finished.get(figure) for figure in (better, worse)]
        return math.nan if None in values else run.finished[better] - run.finished[worse]

    return effect


# Up to here an accuracy is that of guessing one of ten classes: no net is better than another.
LEARNED_NOTHING = 0.12
ACTIVATION_ORDER = ("selu", "elu", "leaky_relu", "relu", "tanh", "sigmoid")


def _ranking(depth: int) -> Callable[[Runs], float]:
    """Kendall's tau of the book's order of the activations and the measured one."""

    def effect(runs: Runs) -> float:
        name = "ranking/activations-activation={},depth={}"
        finals = [final(runs[name.format(a, depth)]) for a in ACTIVATION_ORDER]
        measured = [max(accuracy, LEARNED_NOTHING) for accuracy in finals]
        return _tau(range(len(measured), 0, -1), measured)

    return effect


def _stars(column: int, figure: Callable[[Run], float]) -> Callable[[Runs], float]:
    """Kendall's tau-b of a column of the book's stars and a measured figure."""
    table = documented_table("optimizer_stars")
    rows = {k.split(" ")[-1]: v for k, v in table.items() if k not in ("columns", "sources")}
    stars = {name: _count(row[column]) for name, row in rows.items()}

    def effect(runs: Runs) -> float:
        return _tau(list(stars.values()), [figure(runs[f"optimizers/{name}"]) for name in stars])

    return effect


def _finite(losses: Sequence[float]) -> list[float]:
    """Losses with infinity for those that are not finite: worse than any."""
    return [loss if math.isfinite(loss) else math.inf for loss in losses]


def _count(stars: str) -> float:
    """Number of stars; ``** or ***`` is two and a half."""
    return statistics.fmean(word.count("*") for word in stars.split(" ") if "*" in word)


def _tau(claimed: Sequence[float], measured: Sequence[float]) -> float:
    tau = float(kendalltau(claimed, measured).statistic)
    return 0.0 if math.isnan(tau) else tau


def _clipping(runs: Runs) -> float:
    clipped = [r for name, r in runs.items() if name != "clipping/without"]
    worst = min(final(run) if math.isfinite(final(run, "val_loss")) else 0.0 for run in clipped)
    without = runs["clipping/without"]
    return worst - (final(without) if math.isfinite(final(without, "val_loss")) else 0.0)


def _signals(activation: str) -> tuple[str, str]:
    """Names of the experiments with the naive and with the recommended initializer."""
    name = f"initialization/signal-activation={activation},initializer="
    return f"{name}naive", f"{name}recommended"


def _gradient_decades(activation: str) -> Callable[[Runs], float]:
    """By how many powers of ten less the gradient changes through the layers than if naive."""

    def decades(run: Run) -> float:
        gradient = run.result["measured"]["gradient_rms"]
        if not gradient[0] or not gradient[-1]:  # none, not finite or 0
            return math.nan
        return abs(math.log10(gradient[0] / gradient[-1]))

    def effect(runs: Runs) -> float:
        naive, recommended = (runs[name] for name in _signals(activation))
        return decades(naive) - decades(recommended)

    return effect


def _halvings(better: str, worse: str) -> Callable[[Runs], float]:
    """How often one experiment halves the test errors of another.

    Half a test image of 2,000 is added to both, so that a net without errors counts too.
    """

    def effect(runs: Runs) -> float:
        errors = [1 - runs[n].finished["test_accuracy"] + 0.5 / 2000 for n in (worse, better)]
        return math.log2(errors[0] / errors[1])

    return effect


def _saturation(runs: Runs) -> float:
    naive, recommended = (
        statistics.fmean(runs[name].result["measured"]["saturated"]) for name in _signals("tanh")
    )
    return naive - recommended


CLAIMS = (
    Claim(
        "SELU beats ReLU at 100 layers",
        "SELU",
        ("depth",),
        "validation accuracy after 5 epochs",
        _difference("depth/selu_100_layers", "depth/relu_100_layers"),
        0.02,
    ),
    Claim(
        "BN after the activation beats the plain net early",
        "Batch Normalization",
        ("bn/after_activation", "bn/without"),
        "validation accuracy after 1 epoch",
        _difference("bn/after_activation", "bn/without", epoch=1),
        0.02,
    ),
    Claim(
        "BN before the activation beats the plain net early",
        "Batch Normalization",
        ("bn/before_activation", "bn/without"),
        "validation accuracy after 1 epoch",
        _difference("bn/before_activation", "bn/without", epoch=1),
        0.02,
    ),
    *(
        Claim(
            f"1cycle reaches in 25 epochs what a constant rate needs more for{remark}",
            "Learning Rate Scheduling",
            ("schedules/one_cycle", "schedules/constant"),
            f"epochs more, of 40, until 1cycle's final validation accuracy is {seen}",
            _one_cycle(window),
            1,
        )
        for window, remark, seen in (
            (5, "", "the mean of 5 epochs"),
            (1, ", be it by chance", "seen in any epoch"),
        )
    ),
    Claim(
        "The mean of MC dropout's passes is no less accurate than the single prediction",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "test accuracy (0.002 less is still called no less)",
        _finished("test_mc_accuracy", "test_accuracy"),
        -0.002,
    ),
    Claim(
        "MC dropout is less sure where it is wrong",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "entropy in nats, wrong minus right",
        _finished("test_entropy_wrong", "test_entropy_right"),
        0.1,
    ),
    Claim(
        "MC dropout's probabilities are better calibrated than the single prediction's",
        "Monte Carlo (MC) Dropout",
        ("mc-dropout/alpha_dropout",),
        "expected calibration error, single minus mean of the passes",
        _finished("test_ece", "test_mc_ece"),
        0,
    ),
    *(
        Claim(
            f"SELU > ELU > leaky ReLU > ReLU > tanh > logistic with {depth} hidden layers",
            "Nonsaturating Activation Functions",
            ("ranking",),
            "Kendall's tau of this order and the measured one (1: the same, -1: reversed)",
            _ranking(depth),
            0.6,
        )
        for depth in (2, 8, 20)
    ),
    Claim(
        "The optimizers' convergence speed is ordered as the table's stars",
        "Faster Optimizers",
        ("optimizers",),
        "Kendall's tau-b (0.78 at most, for the stars are tied) of stars and training loss after"
        " 1 epoch, lower is faster",
        _stars(0, lambda run: -_finite(run.curves["loss"])[0]),
        0.3,
    ),
    Claim(
        "The optimizers' convergence quality is ordered as the table's stars",
        "Faster Optimizers",
        ("optimizers",),
        "Kendall's tau-b (0.82 at most) of stars and lowest validation loss of 5 epochs",
        _stars(1, lambda run: -min(_finite(run.curves["val_loss"]))),
        0.3,
    ),
    Claim(
        "A net that diverges trains when its gradients are clipped, by value or by norm",
        "Gradient Clipping",
        ("clipping",),
        "validation accuracy, worst way of clipping minus none (0 for a loss that is not finite)",
        _clipping,
        0.3,
    ),
    Claim(
        "With naive initialization deep tanh layers saturate, with Glorot's they do not",
        "The Vanishing/Exploding Gradients Problems",
        (
            "initialization/signal-activation=tanh,initializer=naive",
            "initialization/signal-activation=tanh,initializer=recommended",
        ),
        "share of saturated units over 20 layers, naive minus Glorot",
        _saturation,
        0.2,
    ),
    *(
        Claim(
            f"The recommended initializer keeps the gradient of 20 {name} layers",
            "The Vanishing/Exploding Gradients Problems",
            _signals(name),
            "powers of ten between the last and the first layer, naive minus recommended",
            _gradient_decades(name),
            1,
        )
        for name in ("sigmoid", "tanh", "relu", "selu")
    ),
    Claim(
        "Reusing the hidden layers of task A, B's test errors become half as many or fewer",
        "Transfer Learning with Keras",
        ("transfer/model_b", "transfer/b_on_a"),
        "halvings of the test errors (documented 2.3: divided by 4.9)",
        _halvings("transfer/b_on_a", "transfer/model_b"),
        1,
    ),
    Claim(
        "Freezing the reused layers for a few epochs first is better than never freezing them",
        "Transfer Learning with Keras",
        ("transfer/b_on_a", "transfer/b_on_a_never_frozen"),
        "halvings of the test errors",
        _halvings("transfer/b_on_a", "transfer/b_on_a_never_frozen"),
        0,
    ),
    *(
        Claim(
            f"The book's {name} configuration beats the chapter's best net within 25 epochs",
            "Summary and Practical Guidelines",
            (experiment,),
            f"validation accuracy minus {BEST_DOCUMENTED}",
            lambda runs: final(next(iter(runs.values()))) - BEST_DOCUMENTED,
            0,
        )
        for name, experiment in (
            ("default", "presets/default"),
            ("self-normalizing", "presets/self_normalizing"),
        )
    ),
)
