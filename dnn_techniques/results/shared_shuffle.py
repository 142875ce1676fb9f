"""Why the printed training losses of the TF 2.4 edition deviate from ours together."""

import itertools
import statistics
from collections.abc import Sequence

from dnn_techniques.results.comparison import Compared

EPOCHS = range(2, 11)


def deviations(compared: Sequence[Compared]) -> dict[str, list[float]]:
    """Documented minus our mean printed loss after epochs 2 to 10, by experiment of TF 2.4."""
    differences: dict[str, dict[int, float]] = {}
    for c in compared:
        if c.edition == "TF 2.4" and c.measured == "printed_loss" and c.epoch in EPOCHS:
            assert c.epoch is not None
            differences.setdefault(c.experiment, {})[c.epoch] = c.documented - c.ours.mean
    return {
        name: [by_epoch[epoch] for epoch in EPOCHS]
        for name, by_epoch in differences.items()
        if len(by_epoch) == len(EPOCHS)
    }


def shared_shuffle(compared: Sequence[Compared]) -> str:
    """A sentence on how alike these deviations are, empty for less than two experiments.

    Every first fit of that edition shuffles with the same random stream, and its double running
    mean weights the first batches of an epoch: which images come first shows in all of them alike,
    as seeds of ours, which shuffle each in its own way, cannot.
    """
    by_experiment = deviations(compared)
    if len(by_experiment) < 2:
        return ""
    pairs = itertools.combinations(by_experiment.values(), 2)
    correlations = [statistics.correlation(a, b) for a, b in pairs]
    return (
        "Training losses as printed by TF 2.4 deviate from our means together, epoch by epoch:"
        f" over epochs {EPOCHS[0]} to {EPOCHS[-1]} the deviations of {len(by_experiment)}"
        f" experiments correlate by {statistics.median(correlations):.2f} in the median of all"
        f" pairs ({min(correlations):.2f} to {max(correlations):.2f}). All its first fits shuffle"
        " with the same random stream, and its double mean weights the first batches of an epoch."
        " So such a figure outside counts once, not once for each experiment.\n"
    )
