"""Claims of chapter 10: the first image classifier, linear models, nets of California housing."""

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import final
from dnn_techniques.results.run_sets import Run

IMAGES = "chapter 10, Building an Image Classifier Using the Sequential API"
FUNCTIONAL = "chapter 10, Building Complex Models Using the Functional API"
FIRST, CONTINUED = "chapter10/fashion_mlp", "chapter10/fashion_mlp_continued"
MLPS = "chapter 10, Regression MLPs"
HUBER, MAE = "california/losses-criterion=huber", "california/losses-criterion=mae"
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
)
