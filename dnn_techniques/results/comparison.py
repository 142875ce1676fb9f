"""Each documented figure beside the same figure of our runs."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet


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
    """

    experiment: str
    edition: str
    figure: str
    measured: str
    epoch: int | None
    last: bool
    documented: float
    ours: Prediction

    @property
    def z(self) -> float | None:
        """See `Prediction.z`."""
        return self.ours.z(self.documented)

    @property
    def inside(self) -> bool | None:
        """Whether the documented figure lies in the 99% interval; None for a single run."""
        return self.ours.contains(self.documented)

    @property
    def one_image(self) -> bool:
        """Whether it is a probability of a single image: bounded, rounded, far from normal."""
        return self.figure.startswith("first image")

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
            "z": self.z,
            "inside": self.inside,
        }


def comparisons(run_set: RunSet) -> list[Compared]:
    """Every documented figure that our runs have too, by edition, figure and epoch."""
    printed = run_set.documented
    if printed is None:
        return []
    compared = []
    for edition, curves in printed.curves.items():
        reached = [epoch for epoch in curves["epoch"] if run_set.at("epoch", int(epoch))]
        for figure in curves:
            measured = printed.column(edition, figure)
            for epoch in reached:
                value = printed.at(edition, figure, int(epoch))
                ours = run_set.at(measured, int(epoch))
                if figure != "epoch" and value is not None and ours:
                    last = epoch == reached[-1]
                    compared.append(
                        Compared(
                            run_set.name,
                            edition,
                            figure,
                            measured,
                            int(epoch),
                            last,
                            value,
                            Prediction(ours),
                        )
                    )
    for edition, figures in printed.finished.items():
        for figure, value in figures.items():
            ours = run_set.finished(figure)
            if ours:
                compared.append(
                    Compared(
                        run_set.name, edition, figure, figure, None, True, value, Prediction(ours)
                    )
                )
    return compared


def spread(compared: Iterable[Compared]) -> str:
    """How many of the figures lie inside, and the spread of their z-scores, as a sentence.

    Probabilities of a single image are left out.
    """
    judged = [c for c in compared if c.inside is not None and not c.one_image]
    if not judged:
        return "A single run has no spread to judge a documented figure by; give --seeds 5.\n"
    z = [c.z for c in judged if c.z is not None]
    sentence = f"{sum(c.inside is True for c in judged)} of {len(judged)} documented figures of the"
    sentence += " finished nets lie inside the 99% interval of one more run"
    if len(z) > 1:
        sentence += (
            f"; their z-scores have mean {statistics.fmean(z):+.2f} and standard deviation"
            f" {statistics.stdev(z):.2f} (0 and 1 for genuine further runs)"
        )
    return sentence + ".\n"


def outside(compared: Sequence[Compared]) -> list[Compared]:
    """The figures outside the 99% interval."""
    return [c for c in compared if c.inside is False]
