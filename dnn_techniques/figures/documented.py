"""Every documented validation and test figure against ours, from the pages' JSON files.

A row for each experiment: how far the documented figure is from our mean, on our 99% interval of
one more run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dnn_techniques.errors import InputError
from dnn_techniques.results.curves import MARKERS
from dnn_techniques.results.findings import Entry, read_findings

COLORS = {"inside": "C0", "OUTSIDE": "C3", "too few runs": "0.4"}
WORDS = {"too few runs": "inside, too few runs to notice a shift"}
# Wider intervals than this are cut, so that the others can be seen.
WIDEST = {"accuracy": 0.08, "loss": 0.4}

Rows = Mapping[str, Sequence[Entry]]


def draw(out: Path) -> Figure:
    """Draw accuracies and losses side by side; no run is needed.

    Raises:
        InputError: If there is no page.
    """
    figures = read_findings().figures
    if not figures:
        raise InputError("no page with documented figures; write one: report")
    return build(figures)


def build(figures: Rows) -> Figure:
    """Draw the documented figures of the experiments, by name."""
    rows: dict[str, list[Entry]] = {}
    for name, entries in figures.items():
        for entry in entries:
            part, _, metric = entry["figure"].partition("_")
            if part in ("val", "test") and metric in WIDEST and entry.get("interval"):
                rows.setdefault(name if part == "val" else f"{name}, test", []).append(entry)
    figure = Figure(figsize=(12, 1.6 + 0.19 * len(rows)), layout="constrained")
    figure.suptitle("The documents' figures and ours: documented minus our mean")
    for axes, metric in zip(figure.subplots(1, 2, sharey=True), WIDEST, strict=True):
        _draw(axes, rows, metric)
    editions = dict.fromkeys(e["edition"] for entries in rows.values() for e in entries)
    verdicts = [v for v in COLORS if any(e["verdict"] == v for r in rows.values() for e in r)]
    handles = [Line2D([], [], color="0.8", lw=5, label="our 99% interval of one more run")]
    handles += [
        Line2D([], [], color="0.3", marker=MARKERS.get(e, "^"), ls="", label=f"documented, {e}")
        for e in editions
    ]
    handles += [
        Line2D([], [], color=COLORS[v], marker="o", ls="", label=WORDS.get(v, v)) for v in verdicts
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw(axes: Axes, rows: Rows, metric: str) -> None:
    """Draw the figures of a metric; losses as a share of our mean, those far off at the edge."""
    widest = WIDEST[metric]
    for place, (name, entries) in enumerate(rows.items()):
        for entry in entries:
            if not entry["figure"].endswith(metric):
                continue
            mean, unit = entry["mean"], entry["mean"] if metric == "loss" else 1.0
            ends = [(end - mean) / unit for end in entry["interval"]]
            axes.plot(ends, [place] * 2, color="0.8", lw=5, zorder=1, label=f"{name}, our interval")
            difference = (entry["documented"] - mean) / unit
            cut = max(-widest, min(widest, difference))
            far = {-widest: "<", widest: ">"}.get(cut)
            said = f" ({difference:.2f})" if far else ""
            axes.plot(
                cut,
                place,
                far or MARKERS.get(entry["edition"], "^"),
                color=COLORS.get(entry["verdict"], "0.4"),
                ms=5,
                clip_on=False,
                label=f"{name}, documented, {entry['edition']}{said}",
            )
    axes.axvline(0, color="0.4", lw=0.8, label="our mean")
    unit_name = "share of our mean" if metric == "loss" else "absolute"
    axes.set(xlim=(-widest, widest), xlabel=f"{metric}, {unit_name}")
    axes.set_yticks(range(len(rows)), list(rows), size=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
