"""Each documented figure beside the same figure of our runs."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dnn_techniques.results.metrics import metric
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet

Word = Literal["inside", "OUTSIDE", "too few runs"]


@dataclass(frozen=True)
class Compared:
    """A documented figure and ours.

    Attributes:
        experiment: ``<group>/<name>``.
        edition: The document that prints it.
        figure: `val_loss` and the like as the document names it, `test_loss` and the like.
        measured: Name of our figure: `printed_loss` for a `loss` that is no true mean.
        epoch: After which epoch, from 1; None for a figure of the finished net.
        last: Whether it belongs to the finished net, or to the last epoch that is printed and that
            all of our runs reached: some listings are cut off, and some runs stop early.
        documented: The printed value.
        ours: The values of our runs.
        as_documented: Whether our runs have the document's settings.
    """

    experiment: str
    edition: str
    figure: str
    measured: str
    epoch: int | None
    last: bool
    documented: float
    ours: Prediction
    as_documented: bool = True

    @property
    def z(self) -> float | None:
        """See `Prediction.z`."""
        return self.ours.z(self.documented)

    @property
    def verdict(self) -> Word | None:
        """Whether the documented figure could be one more run of ours, by the 99% interval.

        `too few runs` where it lies inside, but a shift larger than `Metric.tolerated` would have
        lain inside as well. None with other settings, and where a run's figure is not finite.
        """
        if not self.as_documented or not math.isfinite(self.ours.mean):
            return None
        if self.ours.contains(self.documented) is False:
            return "OUTSIDE"
        tolerated = metric(self.measured).tolerated(self.ours.mean)
        noticed = self.ours.reach
        return "too few runs" if noticed is None or noticed > tolerated else "inside"

    @property
    def one_image(self) -> bool:
        """Whether it is a probability of a single image: bounded, rounded, far from normal."""
        return " image" in self.figure

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        ours = self.ours
        return {
            **asdict(self),
            "ours": list(ours.values),
            "n": ours.n,
            "mean": ours.mean,
            "std": ours.std,
            "interval": ours.interval,
            "smallest_shift": ours.reach,
            "z": self.z,
            "verdict": self.verdict,
        }


def comparisons(run_set: RunSet) -> list[Compared]:
    """Every documented figure that our runs have too, by edition, figure and epoch."""
    printed = run_set.documented
    if printed is None:
        return []
    compared = []

    def add(
        edition: str, figure: str, measured: str, epoch: int | None, last: bool, value: float
    ) -> None:
        values = run_set.finished(figure) if epoch is None else run_set.at(measured, epoch)
        if values:
            ours = Prediction(values, bounds=metric(measured).bounds)
            which = (run_set.name, edition, figure, measured, epoch, last)
            compared.append(Compared(*which, value, ours, as_documented=not run_set.changes))

    for edition, curves in printed.curves.items():
        reached = [epoch for epoch in curves["epoch"] if run_set.at("epoch", int(epoch))]
        for figure in curves:
            measured = printed.column(edition, figure)
            for epoch in map(int, reached):
                value = printed.at(edition, figure, epoch)
                if figure != "epoch" and value is not None:
                    add(edition, figure, measured, epoch, epoch == reached[-1], value)
    for edition, figures in printed.finished.items():
        for figure, value in figures.items():
            add(edition, figure, figure, None, True, value)
    return compared


def spread(compared: Iterable[Compared]) -> str:
    """How many of the figures lie inside, and the spread of their z-scores, as a sentence.

    Probabilities of a single image are left out.
    """
    compared = list(compared)
    if compared and not any(c.as_documented for c in compared):
        return "No verdict: settings other than the document's.\n"
    comparable = [c for c in compared if c.as_documented and c.ours.interval and not c.one_image]
    if not comparable:
        return "A single run has no spread to judge a documented figure by; give --seeds 5.\n"
    z = [c.z for c in comparable if c.z is not None]
    sentence = f"{count(comparable, 'inside')} of {len(comparable)} documented figures of the"
    sentence += " finished nets lie inside the 99% interval of one more run,"
    sentence += f" {count(comparable, 'OUTSIDE')} outside, and for"
    sentence += f" {count(comparable, 'too few runs')} there are too few runs to tell"
    if len(z) > 1:
        sentence += (
            f"; their z-scores have mean {statistics.fmean(z):+.2f} and standard deviation"
            f" {statistics.stdev(z):.2f} (0 and 1 for genuine further runs)"
        )
    return sentence + ".\n"


def count(compared: Iterable[Compared], verdict: Word) -> int:
    """How many of the figures have this verdict."""
    return sum(c.verdict == verdict for c in compared)


def outside(compared: Sequence[Compared]) -> list[Compared]:
    """The figures outside the 99% interval."""
    return [c for c in compared if c.verdict == "OUTSIDE"]
