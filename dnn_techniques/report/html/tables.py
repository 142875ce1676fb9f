"""The tables of a group: experiments, documented figures, settings that differ."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from dnn_techniques.report.html.standings import figure_of, short, standings
from dnn_techniques.results.closing import WORDS
from dnn_techniques.results.comparison import Compared
from dnn_techniques.results.paired import Paired
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet
from dnn_techniques.results.tables import final_figures, mean_and_std
from dnn_techniques.runs.trials import short_name

NONE = "-"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        header: Names of its columns.
        rows: Its cells.
    """

    header: list[str]
    rows: list[list[str]]


def experiments_table(run_sets: Sequence[RunSet]) -> Table:
    """A row for each experiment: final figures, and how it stands beside the best one."""
    ranked = standings(run_sets)
    final = dict.fromkeys(f for s in run_sets for f in final_figures(s))
    validation = [f for f in final if f.startswith("val_")] or list(final)
    finished = dict.fromkeys(f for s in run_sets for f in s.runs[0].finished if "test_" in f[:5])
    compared = len(ranked) > 1
    beside = ["in words", f"{figure_of(run_sets)} minus the best"] if compared else []
    header = ["experiment", *beside, *validation, *finished]
    header += ["runs", "epochs", "s/epoch", "parameters"]
    rows: list[list[str]] = []
    for run_set in [s.run_set for s in ranked] or run_sets:
        row = [short(run_set.name)]
        if compared:
            standing = ranked[len(rows)]
            row += [standing.word, _difference(standing.difference)]
        row += [_values(run_set.final(f)) for f in validation]
        row += [_values(run_set.finished(f)) for f in finished]
        row += [str(len(run_set.runs)), str(run_set.epoch or "several")]
        seconds = statistics.median(run.result["seconds_per_epoch"] for run in run_set.runs)
        row += [f"{seconds:.1f}", f"{run_set.runs[0].result['parameters']['total']:,}"]
        rows.append(row)
    return Table(header, rows)


def documented_table(compared: Sequence[Compared]) -> Table:
    """A row for each documented figure of a finished net."""
    header = ["experiment", "figure", "edition", "documented", "ours"]
    header += ["99% interval for one more run", "z", "in words"]
    rows = [
        [
            short(c.experiment),
            c.figure if c.figure == c.measured else f"{c.figure} as printed",
            c.edition,
            f"{c.documented:.4f}",
            mean_and_std(c.ours),
            "{:.4f} to {:.4f}".format(*c.ours.interval) if c.ours.interval else NONE,
            f"{c.z:+.1f}" if c.z is not None else NONE,
            WORDS[c.verdict] if c.verdict else NONE,
        ]
        for c in compared
    ]
    return Table(header, rows)


def settings_table(run_sets: Sequence[RunSet]) -> Table:
    """A row for each experiment, a column for each setting that is not the same in all."""
    settings = [{**s.runs[0].settings, "data": s.data.get("name")} for s in run_sets]
    names = sorted({name for of_set in settings for name in of_set} - {"documented"})
    differ = [n for n in names if any(s.get(n) != settings[0].get(n) for s in settings)]
    rows = [
        [short(run_set.name), *(_setting(of_set.get(n)) for n in differ)]
        for run_set, of_set in zip(run_sets, settings, strict=True)
    ]
    return Table(["experiment", *map(short_name, differ)], rows if differ else [])


def _values(values: Sequence[float]) -> str:
    return mean_and_std(Prediction(values)) if values else NONE


def _difference(paired: Paired | None) -> str:
    if paired is None or not all(map(math.isfinite, paired.differences)):
        return NONE
    mean = f"{statistics.fmean(paired.differences):+.4f}"
    return mean + (" ({:+.4f} to {:+.4f})".format(*paired.interval) if paired.interval else "")


def _setting(value: object) -> str:
    """A setting; of a class its name alone, as experiment files of the package are read."""
    text = NONE if value is None else str(value)
    return text.removeprefix("dnn_techniques.modules.").removeprefix("dnn_techniques.data.")
