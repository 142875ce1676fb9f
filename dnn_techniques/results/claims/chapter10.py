"""Claims of chapter 10: image classifiers, nets of California housing, how to choose settings."""

import math

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import (
    better_on_test,
    final,
    largest_that_trains,
    trained_to,
)
from dnn_techniques.results.run_sets import Run

IMAGES = "chapter 10, Building an Image Classifier Using the Sequential API"
FUNCTIONAL = "chapter 10, Building Complex Models Using the Functional API"
FIRST, CONTINUED = "chapter10/fashion_mlp", "chapter10/fashion_mlp_continued"
LAYERS = "chapter 10, Number of Hidden Layers and Number of Neurons per Hidden Layer"
SEARCH = "chapter 10, Fine-Tuning Neural Network Hyperparameters"
MLPS = "chapter 10, Regression MLPs"
HUBER, MAE = "california/losses-criterion=huber", "california/losses-criterion=mae"
WARM = "chapter10-mnist/large_batch-lr=0.8,warm_up="
LINEAR_RULE = "chapter10-mnist/large_batch-lr=1.6,warm_up=5"
WIDTHS, EXERCISE = "chapter10-mnist/widths-hidden=", "chapter10-mnist/exercise_10"
PLAYGROUND = "chapter 10, exercise 1"
CIRCLE = "playground/hidden-hidden=[{}]"
SGD = "playground-spiral/deep-optimizer=sgd,lr=0.03"
ADAM = "playground-spiral/deep-optimizer=adam,lr=0.01"
FOUND = "california/search-candidate=0"
WITH, WITHOUT = "california/auxiliary_output", "california/without_auxiliary"


def error(run: Run, part: str) -> float | None:
    """Mean squared error of the (main) output in `train` or `test`; None if the net diverged."""
    main = f"{part}_main_loss"
    return run.finished.get(main if main in run.finished else f"{part}_loss")


def share_taken_away(better: str, worse: str) -> Effect:
    """Share of one net's test error that another one does without; -1 or 1 where one diverged."""

    def effect(runs: Runs) -> float:
        one, other = (error(runs[name], "test") for name in (better, worse))
        if one is None or other is None:
            return float(one is not None) - float(other is not None)
        return max(-1.0, 1 - one / other)

    return effect


def gap(run: Run) -> float:
    """Test error minus training error; NaN if the net diverged."""
    train, test = error(run, "train"), error(run, "test")
    return float("nan") if train is None or test is None else test - train


def near(value: float, within: float, experiment: str, figure: str) -> Effect:
    """By how much a figure of the finished net is nearer to a value than `within`."""
    return lambda runs: within - abs(runs[experiment].finished[figure] - value)


def _linear(data: str, experiment: str, accuracy: float) -> Claim:
    return Claim(
        f"A linear model gets about {accuracy:.0%} of {data} right",
        "book",
        IMAGES,
        (experiment,),
        f"test accuracy: how much nearer to {accuracy:g} than 0.01",
        near(accuracy, 0.01, experiment, "test_accuracy"),
        0,
        data,
    )


def _huber(words: str, epoch: int, when: str) -> Claim:
    """A claim about the absolute error, which only the other net minimizes."""
    return Claim(
        f"Huber's loss {words} the absolute error",
        "book",
        MLPS,
        (HUBER, MAE),
        f"validation mean absolute error {when}, of the absolute error minus of Huber's loss",
        lambda runs: runs[MAE].curves["val_mae"][epoch] - runs[HUBER].curves["val_mae"][epoch],
        0.005,
        "california_housing",
    )


def rate_beside_half(runs: Runs) -> float:
    """1 where the best rate is half the largest that trains, 0 where it is that or a quarter."""
    by_rate = {run.settings["model.init_args.lr"]: run for run in runs.values()}
    largest = largest_that_trains(by_rate)
    best = max(by_rate, key=lambda rate: trained_to(by_rate[rate]))
    return 1 - abs(math.log2(largest / best) - 1)


def solved(run: Run) -> float:
    """1 where 95% of the points are classified correctly after the last epoch, else 0."""
    return float(trained_to(run) >= 0.95)


def found_by_search(runs: Runs) -> float:
    """Test error of the book's net minus that of the drawn one with the lowest validation loss."""
    drawn = [run for name, run in runs.items() if name != FOUND]
    chosen = min(drawn, key=lambda run: _or_infinite(final(run, "val_loss")))
    found, best = (error(run, "test") for run in (runs[FOUND], chosen))
    return math.nan if found is None or best is None else found - best


def _or_infinite(loss: float) -> float:
    return math.inf if math.isnan(loss) else loss


def _playground(
    statement: str, what: str, effect: Effect, at_least: float, *names: str, data: str = "circle"
) -> Claim:
    return Claim(statement, "book", PLAYGROUND, names, what, effect, at_least, data)


def _widths(statement: str, what: str, effect: Effect, at_least: float, *hidden: str) -> Claim:
    names = tuple(f"{WIDTHS}{widths}" for widths in hidden)
    return Claim(statement, "book", LAYERS, names, what, effect, at_least, "mnist")


CLAIMS = (
    _linear("fashion_mnist", "chapter10/linear", 0.83),
    _linear("mnist", "chapter10-mnist/linear", 0.92),
    Claim(
        "After 30 epochs the first image classifier has not converged: the loss goes on falling",
        "book",
        IMAGES,
        (CONTINUED, FIRST),
        "validation loss after 30 epochs minus the lowest in 30 epochs more",
        lambda runs: final(runs[FIRST], "val_loss") - min(runs[CONTINUED].curves["val_loss"]),
        0.005,
    ),
    Claim(
        "Trained on, the first image classifier gets close to 89.4%",
        "book",
        IMAGES,
        (CONTINUED,),
        "validation accuracy after 60 epochs in all: how much nearer to 0.894 than 0.005",
        lambda runs: 0.005 - abs(final(runs[CONTINUED]) - 0.894),
        0,
    ),
    _widths(
        "One hidden layer of a few hundred units gets above 97% on MNIST",
        "test accuracy minus 0.97",
        lambda runs: runs[f"{WIDTHS}[400]"].finished["test_accuracy"] - 0.97,
        0,
        "[400]",
    ),
    _widths(
        "Two hidden layers of the same total get above 98% on MNIST",
        "test accuracy minus 0.98",
        lambda runs: runs[f"{WIDTHS}[300,100]"].finished["test_accuracy"] - 0.98,
        0,
        "[300,100]",
    ),
    _widths(
        "Two hidden layers are better than one of the same total on MNIST",
        "test accuracy, 300-100 minus 400",
        better_on_test(f"{WIDTHS}[300,100]", f"{WIDTHS}[400]"),
        0.002,
        "[300,100]",
        "[400]",
    ),
    _widths(
        "Equal widths do as well as a pyramid on MNIST",
        "test accuracy, 200-200-200 minus 300-200-100, plus the 0.002 that would not matter",
        lambda runs: (
            0.002 + better_on_test(f"{WIDTHS}[200,200,200]", f"{WIDTHS}[300,200,100]")(runs)
        ),
        0,
        "[200,200,200]",
        "[300,200,100]",
    ),
    _widths(
        "A hidden layer of two units loses what the layers after it do not recover",
        "test accuracy, 300-200-100 minus 300-2-100",
        better_on_test(f"{WIDTHS}[300,200,100]", f"{WIDTHS}[300,2,100]"),
        0.01,
        "[300,200,100]",
        "[300,2,100]",
    ),
    Claim(
        "The best constant rate is about half of the largest that trains",
        "book",
        "chapter 10, Learning Rate, Batch Size, and Other Hyperparameters",
        ("chapter10-mnist/rates",),
        "1 minus how many doublings the best rate is away from half the largest that trains",
        rate_beside_half,
        0,
        "mnist",
    ),
    Claim(
        "With warm-up a large batch generalizes as well as batches of 32",
        "book",
        "chapter 10, Learning Rate, Batch Size, and Other Hyperparameters",
        (f"{WARM}5", f"{WIDTHS}[300,100]"),
        "test accuracy, batches of 512 with warm-up minus batches of 32, plus the 0.002 that would"
        " not matter",
        lambda runs: 0.002 + better_on_test(f"{WARM}5", f"{WIDTHS}[300,100]")(runs),
        0,
        "mnist",
    ),
    Claim(
        "Warmed up, a rate 16 times larger trains batches 16 times larger",
        "ours",
        "chapter 10, Learning Rate, Batch Size, and Other Hyperparameters; Goyal et al. (2017)",
        (LINEAR_RULE,),
        "test accuracy, batches of 512 at 1.6, minus 0.97",
        lambda runs: runs[LINEAR_RULE].finished["test_accuracy"] - 0.97,
        0,
        "mnist",
    ),
    Claim(
        "A large batch at a high rate needs the warm-up",
        "book",
        "chapter 10, Learning Rate, Batch Size, and Other Hyperparameters",
        (f"{WARM}5", f"{WARM}0"),
        "validation accuracy after the last epoch, with warm-up minus without",
        lambda runs: trained_to(runs[f"{WARM}5"]) - trained_to(runs[f"{WARM}0"]),
        0.002,
        "mnist",
    ),
    Claim(
        "An MLP on MNIST gets above 98% (exercise 10)",
        "book",
        "chapter 10, exercise 10",
        (EXERCISE,),
        "test accuracy minus 0.98",
        lambda runs: runs[EXERCISE].finished["test_accuracy"] - 0.98,
        0,
        "mnist",
    ),
    _huber("converges faster than", 0, "after the first epoch"),
    _huber("is more exact than", -1, "after the last epoch"),
    Claim(
        "A wide path beside the deep one lowers the error",
        "book",
        FUNCTIONAL,
        ("california/wide_deep", "california/deep"),
        "share of the deep net's mean squared test error that the wide path takes away",
        share_taken_away("california/wide_deep", "california/deep"),
        0.02,
        "california_housing",
    ),
    Claim(
        "An auxiliary output on the deep path lowers the error",
        "book",
        FUNCTIONAL,
        (WITH, WITHOUT),
        "share of the mean squared test error that the auxiliary output takes away",
        share_taken_away(WITH, WITHOUT),
        0.02,
        "california_housing",
    ),
    Claim(
        "An auxiliary output on the deep path lessens overfitting",
        "book",
        FUNCTIONAL,
        (WITH, WITHOUT),
        "mean squared error, test minus training, without the auxiliary output minus with it",
        lambda runs: gap(runs[WITHOUT]) - gap(runs[WITH]),
        0.005,
        "california_housing",
    ),
    Claim(
        "The net that the random search found has a squared error of about 0.319",
        "book",
        SEARCH,
        (FOUND,),
        "test error: how much nearer to 0.319 than 0.02",
        near(0.319, 0.02, FOUND, "test_loss"),
        0,
        "california_housing",
    ),
    Claim(
        "Ten other candidates of the random search have none that is better",
        "ours",
        SEARCH,
        ("california/search",),
        "test error of the one with the lowest validation loss minus that of the book's, plus the"
        " 0.02 that would not matter",
        lambda runs: 0.02 - found_by_search(runs),
        0,
        "california_housing",
    ),
    Claim(
        "The perceptron rule finds a line between setosas and other irises",
        "book",
        "chapter 10, The Perceptron",
        ("perceptron/iris",),
        "share of the flowers that the finished unit classifies correctly, minus 1",
        lambda runs: runs["perceptron/iris"].finished["test_accuracy"] - 1,
        0,
        "iris",
    ),
    _playground(
        "Two hidden units are too few for the circle, whatever they begin with",
        "how often less than 95% of the points are classified correctly",
        lambda runs: 1 - solved(runs[CIRCLE.format(2)]),
        0.9,
        CIRCLE.format(2),
    ),
    _playground(
        "Eight hidden units never stick on the circle",
        "how often 95% of the points or more are classified correctly",
        lambda runs: solved(runs[CIRCLE.format(8)]),
        0.9,
        CIRCLE.format(8),
    ),
    _playground(
        "Three hidden units sometimes stick on the circle, where eight do not",
        "how often 95% of the points or more are classified correctly, by eight minus by three",
        lambda runs: solved(runs[CIRCLE.format(8)]) - solved(runs[CIRCLE.format(3)]),
        0.05,
        CIRCLE.format(8),
        CIRCLE.format(3),
    ),
    _playground(
        "A better optimizer gets a deep net through the spiral's plateaus sooner",
        "validation accuracy after the last epoch, Adam at 0.01 minus SGD at 0.03",
        lambda runs: trained_to(runs[ADAM]) - trained_to(runs[SGD]),
        0.05,
        ADAM,
        SGD,
        data="spiral",
    ),
)
