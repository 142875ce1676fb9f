"""Comparing a group with the documents: tables, JSON and picture, from run folders alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_json, write_text
from dnn_techniques.results.claims import CLAIMS, Verdict, judge
from dnn_techniques.results.comparison import Compared, comparisons, spread
from dnn_techniques.results.curves import draw_curves
from dnn_techniques.results.divergence import divergences
from dnn_techniques.results.metrics import metric
from dnn_techniques.results.run_sets import Run, RunSet, has_finished_runs, read_runs
from dnn_techniques.results.tables import claims_table, comparison_table, overview, remarks
from dnn_techniques.runs.experiments import ExperimentFile, name_of
from dnn_techniques.runs.trials import split_trial

SUMMARY = "summary.md"
COMPARISON = "comparison.json"
CURVES = "curves.png"

LEGEND = (
    "Ours: mean ± standard deviation over the runs, after the last epoch. z: how far out the"
    " documented figure lies among runs like ours, as a standard normal score. `as printed`: the"
    " training figure as TF 2.4's progress bar shows it, which is no mean of the epoch. Smallest"
    " shift: half the width of the interval before it is cut where the metric ends; a figure"
    " further from our mean would have been outside. Where a reader would mind a smaller shift"
    f" already (an accuracy off by {metric('accuracy').tolerance:g}, a loss or an entropy by"
    f" {metric('loss').tolerance:.0%} of its mean, a probability of one image by"
    f" {metric('first image').tolerance:g}), `too few runs` stands instead of `inside`; where runs"
    " differ more from seed to seed than that, no number of them would do.\n"
)


SHORT_LEGEND = (
    "Ours: mean after the last epoch. z: how far out the documented figure lies among runs like"
    " ours, as a standard normal score. `as printed`: as TF 2.4's progress bar shows it, no mean of"
    " the epoch. `too few runs`: inside, but so would be a shift that a reader minds.\n"
)


@dataclass(frozen=True)
class GroupComparison:
    """A group of experiments with finished runs, compared.

    Attributes:
        group: Its name.
        experiments: Those with finished runs.
        run_sets: Their runs.
        compared: Every documented figure with ours.
        verdicts: The claims that these runs suffice to judge.
        left_out: Why experiments or claims are left out: runs that cannot be read.
    """

    group: str
    experiments: list[ExperimentFile]
    run_sets: list[RunSet]
    compared: list[Compared]
    verdicts: list[Verdict]
    left_out: list[str]

    @property
    def last(self) -> list[Compared]:
        """The figures of the finished nets."""
        return [c for c in self.compared if c.last]

    @property
    def files(self) -> list[ExperimentFile]:
        """An experiment of each experiment file: of a sweep its last."""
        return list({e.path: e for e in self.experiments}.values())

    def text(self, short: bool = False) -> str:
        """Tables and remarks, in full for Markdown, short for a terminal."""
        table = comparison_table(self.compared, short)
        gone = {s.name: divergences(s) for s in self.run_sets}
        parts = [overview(self.run_sets, short)]
        parts += ["".join(f"{name}: {said}.\n" for name, said in gone.items() if said)]
        if table:
            parts += [table, (SHORT_LEGEND if short else LEGEND) + spread(self.last)]
        parts += [claims_table(self.verdicts), remarks(self.run_sets)]
        parts += [f"Left out: {why}\n" for why in self.left_out]
        return "\n".join(part for part in parts if part)

    @property
    def runs(self) -> list[Run]:
        """All runs."""
        return [run for run_set in self.run_sets for run in run_set.runs]


def read_group(experiments: Sequence[ExperimentFile], out: Path) -> GroupComparison:
    """Read the finished runs of one group's experiments below `out`, and compare them.

    An experiment whose runs cannot be read is left out, and so are the claims about it.

    Raises:
        InputError: If there is none, or none that can be read.
    """
    group = experiments[0].group
    finished = [e for e in experiments if has_finished_runs(out, e.name)]
    if not finished:
        raise InputError(f"no finished run of {group} below {out}; make some: run {group}")
    run_sets, left_out = [], []
    for experiment in finished:
        try:
            run_sets.append(read_runs(out, experiment.name))
        except InputError as error:
            left_out.append(error)
    if not run_sets:
        raise left_out[0]
    names = {run_set.name for run_set in run_sets}
    as_documented = [s for s in run_sets if not (s.changes and split_trial(s.name)[1])]
    compared = [c for run_set in as_documented for c in comparisons(run_set)]
    claims = [c for c in CLAIMS if c.selection[0].partition("/")[0] == group]
    verdicts = []
    for claim in claims:
        try:
            verdicts.append(judge(claim, out))
        except InputError as error:
            left_out.append(error)
    return GroupComparison(
        group,
        [e for e in finished if e.name in names],
        run_sets,
        compared,
        [verdict for verdict in verdicts if verdict],
        list(dict.fromkeys(map(str, left_out))),
    )


def compare(experiments: Sequence[ExperimentFile], out: Path, command: str) -> GroupComparison:
    """Write summary.md, comparison.json and curves.png of one group to ``<out>/<group>``.

    Args:
        experiments: The experiments of one group; those without a finished run below `out` are
            left out.
        out: Folder of the run folders.
        command: The command that the summary names.

    Returns:
        The comparison.

    Raises:
        InputError: If there is no finished run.
    """
    comparison = read_group(experiments, out)
    folder = out / comparison.group
    described = "".join(describe(e) for e in comparison.files if e.title)
    described = f"{described}\n" if described else ""
    draw_curves(comparison.run_sets, folder / CURVES)
    figures = {
        "figures": [c.as_json() for c in comparison.compared],
        "claims": [v.as_json() for v in comparison.verdicts],
    }
    write_json(folder / COMPARISON, figures)
    write_text(
        folder / SUMMARY,
        f"# {comparison.group}\n\n{described}{comparison.text()}\n![learning curves]({CURVES})\n\n"
        f"Made by `{command}`. {provenance(comparison.runs)}",
    )
    return comparison


def describe(experiment: ExperimentFile) -> str:
    """An item of a list: title, whose claim, and remark."""
    claim = f". {experiment.said}" if experiment.claim else ""
    remark = f" ({experiment.remark})" if experiment.remark else ""
    return f"- `{name_of(experiment.path)}`: {experiment.title}{claim}{remark}\n"


def provenance(runs: Sequence[Run]) -> str:
    """Data, device, versions, seeds and date of runs, as a sentence."""
    data = _listed((run.result["data"] or {}).get("name") for run in runs)
    devices = _listed(_pairs(run.result["device"]) for run in runs)
    versions = _listed(_pairs(run.result["versions"]) for run in runs)
    seeds = ", ".join(map(str, sorted({run.seed for run in runs})))
    finished = max(run.result["finished"] for run in runs)
    return f"Trained on {data}; {devices}; {versions}; seeds {seeds}; finished {finished[:10]}.\n"


def _pairs(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _listed(values: Iterable[object]) -> str:
    return " and ".join(sorted({str(value) for value in values}))
