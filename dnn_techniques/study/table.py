"""The comparison of a group as a table."""

import statistics
from collections.abc import Sequence

from dnn_techniques.study.runs import RunSet

HEADER = (
    "experiment",
    "runs",
    "epochs",
    "val_loss",
    "val_accuracy",
    "documented",
    "difference",
    "s/epoch",
    "parameters: total / trainable / non-trainable",
)


def comparison_table(run_sets: Sequence[RunSet]) -> str:
    """A Markdown table, aligned so that it reads as plain text too.

    A row for each experiment and edition that prints figures: mean over the runs (and standard
    deviation) after the last epoch, the printed figures after the same epoch as
    ``val_loss / val_accuracy``, and ours minus theirs.
    """
    rows: list[Sequence[str]] = [HEADER]
    for run_set in run_sets:
        rows.extend(_rows(run_set))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))} |\n"
        for row in rows
    )


def remarks(run_sets: Sequence[RunSet]) -> str:
    """What a reader of the table must know: stand-in data, changed settings."""
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
            lines.append(
                f"{run_set.name}: settings differ from the experiment file"
                f" ({', '.join(run_set.changes)}): the difference says nothing of replication."
            )
    return "".join(f"{line}\n" for line in lines)


def _rows(run_set: RunSet) -> list[list[str]]:
    parameters = run_set.runs[0].result["parameters"]
    seconds = statistics.median(run.result["seconds_per_epoch"] for run in run_set.runs)
    losses, accuracies = run_set.final("val_loss"), run_set.final("val_accuracy")
    start = [run_set.name, str(len(run_set.runs)), str(run_set.epoch or "several")]
    start += [_mean(losses), _mean(accuracies)]
    end = [
        f"{seconds:.1f}",
        " / ".join(f"{parameters[k]:,}" for k in ("total", "trainable", "non_trainable")),
    ]
    compared = _compared(run_set, statistics.fmean(losses), statistics.fmean(accuracies))
    first, *others = compared or [["-", "-"]]
    return [[*start, *first, *end], *([""] * len(start) + other + ["", ""] for other in others)]


def _compared(run_set: RunSet, loss: float, accuracy: float) -> list[list[str]]:
    """For each edition that prints both figures after the last epoch: printed, difference."""
    printed = run_set.documented
    if printed is None or run_set.epoch is None:
        return []
    compared = []
    for edition in printed.curves:
        printed_loss = printed.at(edition, "val_loss", run_set.epoch)
        printed_accuracy = printed.at(edition, "val_accuracy", run_set.epoch)
        if printed_loss is not None and printed_accuracy is not None:
            compared.append(
                [
                    f"{printed_loss:.4f} / {printed_accuracy:.4f} ({edition})",
                    f"{loss - printed_loss:+.4f} / {accuracy - printed_accuracy:+.4f}",
                ]
            )
    return compared


def _mean(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f}"
