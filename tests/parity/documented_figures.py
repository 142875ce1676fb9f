"""Do our runs agree with a document? A decision on all its figures of one experiment."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtr

from dnn_techniques.documents.documented import documented
from dnn_techniques.results.findings import is_judged_by
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments

SEEDS = 5
LEVEL = 0.01

# Documented figures of which it is known that they lie outside, and why: they are left out of the
# decision. They are not asked to lie outside, since by the next rounding they may lie inside.
KNOWN_OUTSIDE = {
    ("transfer/model_a", edition, "val_loss", 20): (
        "seeds 42 to 46 happen to end within .0007 of .2369; of fifteen of version 0.1 it lay"
        " inside: docs/guide/what_replicates.md"
    )
    for edition in ("TF 2.4", "TF 2.0")
}


@dataclass(frozen=True)
class Score:
    """How far out a documented figure lies, as a standard normal score; None without a spread."""

    experiment: str
    edition: str
    figure: str
    epoch: int | None
    z: float | None

    @property
    def key(self) -> tuple[str, str, str, int | None]:
        return self.experiment, self.edition, self.figure, self.epoch


def score(experiment: str, entry: Mapping[str, Any]) -> Score:
    """That of a figure in the JSON files of the pages."""
    return Score(experiment, *(entry[name] for name in ("edition", "figure", "epoch", "z")))


def p_value(z: Sequence[float]) -> float:
    """Probability of scores so far out if the documented run is one more run of ours, at most.

    By the interval of a single figure each of m would be outside in 1% of all cases, and the
    figures of a run hang together in a way that nobody knows. Two bounds hold whatever that way is:
    m times the smallest probability of one figure (Bonferroni), which sees a single figure that is
    far off, and twice the mean of the probabilities (Rueschendorf 1982), which sees a curve that is
    off everywhere by less. The smaller one counts, doubled, since two are looked at.
    """
    p = [2 * float(ndtr(-abs(value))) for value in z]
    return min(1.0, 2 * len(p) * min(p), 2 * 2 * statistics.fmean(p))


def disagreement(scores: Iterable[Score]) -> str:
    """The figures that are furthest out, if all together say that the runs differ; else nothing."""
    judged = [s for s in scores if s.z is not None and s.key not in KNOWN_OUTSIDE]
    p = p_value([s.z for s in judged if s.z is not None])
    if p >= LEVEL:
        return ""
    furthest = sorted(judged, key=lambda s: -abs(s.z or 0))[:5]
    names = "; ".join(f"{s.figure} {s.edition} epoch {s.epoch}: z {s.z:+.1f}" for s in furthest)
    return f"p = {p:.2g} over {len(judged)} documented figures: {names}"


def printed_figures(id: str) -> set[tuple[str, str, int | None]]:
    """Every validation and test figure of an entry: edition, name and epoch."""
    entry = documented(id)
    curves: set[tuple[str, str, int | None]] = {
        (edition, figure, int(epoch))
        for edition, columns in entry.curves.items()
        for figure in columns
        for epoch in columns["epoch"]
        if is_judged_by(figure)
    }
    return curves | {
        (edition, figure, None)
        for edition, figures in entry.finished.items()
        for figure in figures
        if is_judged_by(figure)
    }


def with_printed_figures() -> list[ExperimentFile]:
    """Experiments of which a document prints validation or test figures."""
    return [e for e in all_experiments() if e.documented and printed_figures(e.documented)]
