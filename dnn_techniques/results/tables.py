"""The comparison of a group as tables that read as plain text and as Markdown."""

import math
import statistics
from collections.abc import Sequence

from dnn_techniques.results.claims.claim import Verdict
from dnn_techniques.results.comparison import Compared
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import RunSet
from dnn_techniques.runs.run_folder import DIVERGED

# Columns of metrics.csv that say how a run was trained, and not how well.
_NO_FIGURES = ("epoch", "lr", "seconds", DIVERGED)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns.

    >>> print(markdown_table(["a", "b"], [["1", "23"]]), end="")
    | a | b  |
    | - | -- |
    | 1 | 23 |
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    return "".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))} |\n"
        for row in lines
    )


def effect(mean: float, interval: Sequence[float] | None, called: str = "") -> str:
    """A mean effect with its interval, to two digits of half the interval's width.

    >>> effect(-3.89e-05, (-0.00182, 0.00174))
    '-0.0000 (-0.0018 to +0.0017)'
    >>> effect(12.34, (9.1, 15.6), called="99% interval ")
    '+12.3 (99% interval +9.1 to +15.6)'

    Args:
        mean: The mean.
        interval: Its lower and upper end; None if it is not known.
        called: What stands before the interval.
    """
    if interval is None:
        return f"{mean:+.3g}"
    low, high = interval
    half = (high - low) / 2
    known = 0 < half < math.inf
    digits = f".{max(0, 1 - math.floor(math.log10(half)))}f" if known else ".3g"
    mean_text, *ends = (f"{value:+{digits}}" for value in (mean, low, high))
    return f"{mean_text} ({called}{' to '.join(ends)})"


def overview(run_sets: Sequence[RunSet], short: bool = False) -> str:
    """A row for each experiment: final validation figures, time, numbers of parameters.

    Args:
        run_sets: The runs.
        short: For a terminal: leave out the parameters.
    """
    figures = [
        name for name in ("val_loss", "val_accuracy") if any(s.final(name) for s in run_sets)
    ]
    foreign = [s for s in run_sets if not s.final("val_accuracy")]
    figures += sorted({name for s in foreign for name in final_figures(s)} - {*figures})
    header = ["experiment", "runs", "epochs", *figures, "s/epoch"]
    header += [] if short else ["parameters: total / trainable / non-trainable"]
    rows = []
    for run_set in run_sets:
        seconds = statistics.median(run.result["seconds_per_epoch"] for run in run_set.runs)
        finals = [run_set.final(name) for name in figures]
        rows.append(
            [
                run_set.name,
                str(len(run_set.runs)),
                "several" if run_set.epoch is None else str(run_set.epoch),
                *(mean_and_std(Prediction(values)) if values else "-" for values in finals),
                f"{seconds:.1f}",
                *([] if short else [_parameters(run_set)]),
            ]
        )
    return markdown_table(header, rows)


def final_figures(run_set: RunSet) -> list[str]:
    """Names of the figures after the last epoch that all of its runs have."""
    names = [
        name for name in run_set.runs[0].last if not name.startswith(("printed_", *_NO_FIGURES))
    ]
    return [name for name in names if run_set.final(name)]


def comparison_table(compared: Sequence[Compared], short: bool = False) -> str:
    """A row for each documented figure of a finished net, empty if there is none.

    Columns that say nothing of any row, such as the interval of a single run, are left out.

    Args:
        compared: The documented figures.
        short: For a terminal: leave out deviation and smallest shift, which the interval implies.
    """
    header = ["experiment", "figure", "edition", "documented", "ours"]
    header += ["99% interval for one more run", "smallest shift", "z", "verdict"]
    rows = [
        [
            c.experiment,
            c.figure if c.figure == c.measured else f"{c.figure} as printed",
            c.edition,
            f"{c.documented:.4f}",
            f"{c.ours.mean:.4f}" if short else mean_and_std(c.ours),
            "{:.4f} to {:.4f}".format(*c.ours.interval) if c.ours.interval else "-",
            f"{c.ours.reach:.4f}" if c.ours.reach is not None and not short else "-",
            f"{c.z:+.1f}" if c.z is not None else "-",
            c.verdict or "-",
        ]
        for c in compared
        if c.last
    ]
    said = [k for k in range(len(header)) if any(row[k] != "-" for row in rows)]
    shown = [[row[k] for k in said] for row in (header, *rows)]
    return markdown_table(shown[0], shown[1:]) if rows else ""


def claims_table(verdicts: Sequence[Verdict]) -> str:
    """A row for each claim that could be judged, empty if there is none."""
    header = ["claim", "effect", "n", "mean ± sd", "99% interval of the mean", "at least"]
    rows = [
        [
            v.claim.statement,
            v.claim.unit,
            str(len(v.effects)),
            mean_and_std(Prediction(v.effects)),
            "{:.4f} to {:.4f}".format(*v.interval) if v.interval else "-",
            f"{v.claim.at_least:g}",
            v.text,
        ]
        for v in verdicts
    ]
    return markdown_table([*header, "verdict"], rows) if rows else ""


def mean_and_std(ours: Prediction) -> str:
    """Mean ± standard deviation, for a single run its value."""
    return f"{ours.mean:.4f}" + (f" ± {ours.std:.4f}" if ours.std is not None else "")


def remarks(run_sets: Sequence[RunSet]) -> str:
    """What a reader of the tables must know: stand-in data, changed settings."""
    lines = []
    for run_set in run_sets:
        name, wanted = run_set.data.get("name"), run_set.data.get("stands_in_for")
        if wanted:
            lines.append(
                f"{run_set.name}: TRAINED ON SCIKIT-LEARN'S DIGITS, not on {wanted},"
                " which could not be had: no documented figure applies."
            )
        elif run_set.runs[0].result["documented"] and run_set.documented is None:
            lines.append(
                f"{run_set.name}: trained on {name}, which is not the documents' data set or not"
                f" their copy of it (SHA-256 {run_set.data.get('sha256')}): no documented figure"
                " applies."
            )
        if run_set.changes:
            printed = ": no verdict on the documented figures" if run_set.documented else ""
            lines.append(
                f"{run_set.name}: settings differ from the experiment file"
                f" ({', '.join(run_set.changes)}){printed}."
            )
    return "".join(f"{line}\n" for line in lines)


def _parameters(run_set: RunSet) -> str:
    ours = run_set.runs[0].result["parameters"]
    text = " / ".join(f"{ours[k]:,}" for k in ("total", "trainable", "non_trainable"))
    printed = run_set.documented.parameters if run_set.documented else {}
    if not printed:
        return text
    return f"{text} ({'as documented' if printed == ours else f'documented: {printed}'})"
