"""Effects that the claims of several sections measure in the runs of one seed."""

import math
import statistics
from collections.abc import Mapping, Sequence

from dnn_techniques.results.claims.claim import Effect, Runs
from dnn_techniques.results.run_sets import Run

# From this validation accuracy on a net of ten classes is said to train at all.
TRAINS = 0.5


def final(run: Run, metric: str = "val_accuracy") -> float:
    """Value after the last epoch."""
    return run.curves[metric][-1]


def trained_to(run: Run) -> float:
    """Validation accuracy after the last epoch; 0 where the loss is not finite."""
    return final(run) if math.isfinite(final(run, "val_loss")) else 0.0


def largest_that_trains(runs: Mapping[float, Run]) -> float:
    """The largest setting of the runs by setting whose net trains, NaN where none does."""
    return max((s for s, run in runs.items() if trained_to(run) >= TRAINS), default=math.nan)


def difference(better: str, worse: str, epoch: int | None = None) -> Effect:
    """Validation accuracy of one experiment minus that of another, after `epoch` or the last."""
    index = -1 if epoch is None else epoch - 1

    def effect(runs: Runs) -> float:
        curves = [runs[name].curves["val_accuracy"] for name in (better, worse)]
        return curves[0][index] - curves[1][index]

    return effect


def slower_epochs(slower: str, faster: str) -> Effect:
    """By which share an epoch of one experiment takes longer than one of another."""
    name = "seconds_per_epoch"
    return lambda runs: runs[slower].result[name] / runs[faster].result[name] - 1


def finished(better: str, worse: str) -> Effect:
    """Difference of two figures of the only net's test, NaN where the test lacks one."""

    def effect(runs: Runs) -> float:
        (run,) = runs.values()
        values = [run.finished.get(figure) for figure in (better, worse)]
        return math.nan if None in values else run.finished[better] - run.finished[worse]

    return effect


def better_on_test(better: str, worse: str) -> Effect:
    """Test accuracy of one finished net minus that of another."""
    figure = "test_accuracy"
    return lambda runs: runs[better].finished[figure] - runs[worse].finished[figure]


def overfitting(more: str, less: str) -> Effect:
    """By how much more one finished net is better on the training than on the test images."""

    def gap(run: Run) -> float:
        return run.finished["train_accuracy"] - run.finished["test_accuracy"]

    return lambda runs: gap(runs[more]) - gap(runs[less])


def epochs_to_reach(run: Run, accuracy: float, window: int = 1) -> int:
    """Epochs until the mean validation accuracy of `window` epochs in a row is reached.

    One more than there are, if it never is.
    """
    curve = run.curves["val_accuracy"]
    means = [statistics.fmean(curve[i : i + window]) for i in range(len(curve) - window + 1)]
    reached = (i + window for i, mean in enumerate(means) if mean >= accuracy)
    return next(reached, len(curve) + 1)


def tau(claimed: Sequence[float], measured: Sequence[float]) -> float:
    """Kendall's tau-b of a claimed and a measured order: 1 the same, -1 reversed, 0 if all tie."""
    from scipy.stats import kendalltau  # half a second, and most groups have no order

    value = float(kendalltau(claimed, measured).statistic)
    return 0.0 if math.isnan(value) else value
