"""The learning curves of a group as JSON values, for the script of the page."""

import math
from collections.abc import Sequence
from typing import Any

from dnn_techniques.report.html.standings import short, standings, worded
from dnn_techniques.results.curves import TOGETHER, WIDE
from dnn_techniques.results.run_sets import RunSet
from dnn_techniques.runs.run_folder import DIVERGED

# Columns of metrics.csv that are no curve of their own.
_LEFT_OUT = ("epoch", "seconds", "printed_", "train_", DIVERGED)


def curves(run_sets: Sequence[RunSet]) -> dict[str, Any]:
    """A panel for each metric with the values of every run and the documented ones.

    Of more than `TOGETHER` experiments the best ones are shown at first.
    """
    shown = ([s.run_set for s in standings(run_sets)] or run_sets)[:TOGETHER]
    metrics = _metrics(run_sets)
    return {
        "experiments": [{"name": short(s.name), "shown": s in shown} for s in run_sets],
        "panels": [_panel(run_sets, metric, metrics) for metric in metrics],
    }


def _metrics(run_sets: Sequence[RunSet]) -> list[str]:
    """The columns to draw: of validation, of training, others; a rate only if it changes."""
    found = dict.fromkeys(c for s in run_sets for run in s.runs for c in run.curves)
    names = [name for name in found if not name.startswith(_LEFT_OUT)]
    if all(len({*run.curves.get("lr", ())}) < 2 for s in run_sets for run in s.runs):
        names = [name for name in names if name != "lr"]
    validation = [name for name in names if name.startswith("val_")]
    training = [n.removeprefix("val_") for n in validation if n.removeprefix("val_") in names]
    return [*validation, *training, *(n for n in names if n not in (*validation, *training))]


def _panel(run_sets: Sequence[RunSet], metric: str, metrics: Sequence[str]) -> dict[str, Any]:
    series = [_series(run_set, metric) for run_set in run_sets]
    values = [v for s in series for run in s["runs"] for v in run["values"] if v is not None]
    positive = [v for v in values if v > 0]
    wide = bool(positive) and max(positive) > WIDE * min(positive)
    title = f"training {metric}" if f"val_{metric}" in metrics else worded(metric)
    return {"title": title, "log": wide and ("loss" in metric or metric == "lr"), "series": series}


def _series(run_set: RunSet, metric: str) -> dict[str, Any]:
    """The runs of an experiment; where the documents print a training curve, averaged as there."""
    printed = run_set.documented
    editions = [e for e, curve in printed.curves.items() if metric in curve] if printed else []
    columns = [printed.column(e, metric) for e in editions] if printed else []
    column = columns[0] if columns else metric
    return {
        "runs": [
            {
                "seed": run.seed,
                "epochs": [int(e) for e in run.curves["epoch"]],
                "values": [_finite(v) for v in run.curves[column]],
            }
            for run in run_set.runs
            if column in run.curves
        ],
        "documented": [
            {
                "edition": edition,
                "epochs": [int(e) for e in printed.curves[edition]["epoch"]],
                "values": [_finite(v) for v in printed.curves[edition][metric]],
            }
            for edition, of_edition in zip(editions, columns, strict=True)
            if printed and of_edition == column
        ],
    }


def _finite(value: float | None) -> float | None:
    """A value to five digits, None where it is no number."""
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None
