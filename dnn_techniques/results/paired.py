"""Two sets of runs compared seed by seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dnn_techniques.errors import InputError
from dnn_techniques.results.metrics import metric
from dnn_techniques.results.prediction import Prediction, mean_interval
from dnn_techniques.results.run_sets import Run, RunSet
from dnn_techniques.results.tables import final_figures, markdown_table, mean_and_std


@dataclass(frozen=True)
class Paired:
    """A final figure of two experiments under the same seeds.

    Attributes:
        figure: Its name.
        first: The figure of the first experiment, one value a seed.
        second: That of the second.
    """

    figure: str
    first: list[float]
    second: list[float]

    @property
    def differences(self) -> list[float]:
        """First minus second, of each seed."""
        return [a - b for a, b in zip(self.first, self.second, strict=True)]

    @property
    def interval(self) -> tuple[float, float] | None:
        """99% interval of the mean difference; None for one seed, or where one is not finite."""
        finite = all(map(math.isfinite, self.differences))
        low, high = metric(self.figure).bounds
        return mean_interval(self.differences, (low - high, high - low)) if finite else None


def pair(first: RunSet, second: RunSet) -> list[Paired]:
    """The final figures that both have, over the seeds that both have.

    Raises:
        InputError: If they have no seed in common.
    """
    of_first, of_second = ({run.seed: run for run in s.runs} for s in (first, second))
    seeds = sorted(of_first.keys() & of_second.keys())
    if not seeds:
        raise InputError(
            f"{first.name} (seeds {_listed(of_first)}) and {second.name} (seeds"
            f" {_listed(of_second)}) have no seed in common; train both with the same ones"
        )
    pairs = [(_figures(first, of_first[s]), _figures(second, of_second[s])) for s in seeds]
    common = [f for f in pairs[0][0] if all(f in a and f in b for a, b in pairs)]
    return [Paired(f, [a[f] for a, _ in pairs], [b[f] for _, b in pairs]) for f in common]


def paired_table(first: RunSet, second: RunSet) -> str:
    """A row for each common figure, and what one seed cannot say.

    Raises:
        InputError: If they have no seed or no figure in common.
    """
    pairs = pair(first, second)
    if not pairs:
        raise InputError(f"{first.name} and {second.name} have no figure in common")
    names = [s.name for s in (first, second)] if first.name != second.name else ["first", "second"]
    header = ["figure", "n", *names, "mean difference ± sd"]
    rows = [
        [
            p.figure,
            str(len(p.differences)),
            mean_and_std(Prediction(p.first)),
            mean_and_std(Prediction(p.second)),
            mean_and_std(Prediction(p.differences)),
            "{:.4f} to {:.4f}".format(*p.interval) if p.interval else "-",
        ]
        for p in pairs
    ]
    table = markdown_table([*header, "99% interval of the mean"], rows)
    if len(pairs[0].differences) == 1:
        table += "One seed says nothing of the spread; give --seeds 5.\n"
    return table


def _figures(run_set: RunSet, run: Run) -> Mapping[str, float]:
    """Final figures by name: after the last epoch, and those numbers that the finished net has."""
    finished = {k: v for k, v in run.finished.items() if isinstance(v, float)}
    return {name: run.last[name] for name in final_figures(run_set)} | finished


def _listed(runs: Mapping[int, Run]) -> str:
    return ", ".join(map(str, sorted(runs)))
