"""Judging a claim in prose: an effect with a direction and a size, over seeds."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dnn_techniques.documents.catalog import CATALOG
from dnn_techniques.results.metrics import effect_bounds
from dnn_techniques.results.prediction import mean_interval
from dnn_techniques.results.run_sets import Run, has_finished_runs, read_runs
from dnn_techniques.runs.experiments import select

Runs = Mapping[str, Run]
Effect = Callable[[Runs], float]
NO_DIFFERENCE = (
    "Where it is smaller than that in either direction, there is no difference that matters."
)
Whose = Literal["book", "notebook", "notes", "ours"]


@dataclass(frozen=True)
class Claim:
    """A claim, and how large its effect is in the runs of one seed.

    Attributes:
        statement: What is claimed.
        whose: Who claims it: the book, the notebook to its chapter 11, the notes, or nobody but us.
        source: Section of the book's chapter 11, or of the notes.
        selection: Group or experiments whose runs it takes; shown with the group of the first.
        unit: What the effect is measured in.
        effect: The effect in one seed's runs, by name of the experiment; above 0 in the claimed
            direction.
        at_least: The smallest effect for which the claim is worth its words.
        data: Name of the data set that it is about.
    """

    statement: str
    whose: Whose
    source: str
    selection: Sequence[str]
    unit: str
    effect: Effect
    at_least: float
    data: str = "fashion_mnist"

    @property
    def experiments(self) -> list[str]:
        """Names of the experiments whose runs it takes."""
        return [e.name for selection in self.selection for e in select(selection)]


@dataclass(frozen=True)
class Verdict:
    """The effect of a claim over seeds.

    Attributes:
        claim: The claim.
        effects: One of each seed.
    """

    claim: Claim
    effects: list[float]

    @property
    def mean(self) -> float:
        """Mean effect."""
        return statistics.fmean(self.effects)

    @property
    def interval(self) -> tuple[float, float] | None:
        """99% confidence interval of the mean effect, by Student's t; None for one seed."""
        return mean_interval(self.effects, effect_bounds(self.claim.unit))

    @property
    def text(self) -> str:
        """`holds` or `fails` where the whole interval says so, else `undecided`.

        A claim fails without turning round where the effect is surely smaller than what it asks
        for, in either direction: that is `no difference that matters`.
        """
        if self.interval is None:
            return "one seed only"
        low, high = self.interval
        if low >= self.claim.at_least:
            return "holds"
        if high >= self.claim.at_least:
            return "undecided"
        return "no difference that matters" if low > -self.claim.at_least else "fails"

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "claim": self.claim.statement,
            "whose": self.claim.whose,
            "experiments": self.claim.experiments,
            "effect": self.claim.unit,
            "effects": self.effects,
            "mean": self.mean,
            "interval": self.interval,
            "at_least": self.claim.at_least,
            "verdict": self.text,
        }


def judge(claim: Claim, out: Path, changed: bool = False) -> Verdict | None:
    """Measure a claim in the finished runs below `out`.

    Only seeds with which all of its experiments were run are taken, and whose effect is finite.

    Args:
        claim: The claim.
        out: Folder of the run folders.
        changed: Take runs with other settings than the experiment files' too.

    Returns:
        The verdict; None if an experiment has no run with its settings on the claim's data set,
            known by its digest.
    """
    if not all(has_finished_runs(out, name) for name in claim.experiments):
        return None
    sets = {name: read_runs(out, name) for name in claim.experiments}
    digest = CATALOG[claim.data].sha256
    if any(s.data.get("sha256") != digest or (s.changes and not changed) for s in sets.values()):
        return None
    by_seed = [{run.seed: run for run in run_set.runs} for run_set in sets.values()]
    seeds = sorted(set.intersection(*map(set, by_seed)))
    effects = [
        claim.effect({name: runs[seed] for name, runs in zip(sets, by_seed, strict=True)})
        for seed in seeds
    ]
    effects = [effect for effect in effects if math.isfinite(effect)]
    return Verdict(claim, effects) if effects else None
