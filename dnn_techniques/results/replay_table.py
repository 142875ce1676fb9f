"""What the replayed runs say, as tables."""

from collections.abc import Sequence

import numpy as np

from dnn_techniques.results.replayed import FIGURES, Replayed, ReplayedFigure
from dnn_techniques.results.tables import markdown_table

LEGEND = (
    "Differences are in units of the last printed digit (1e-4), ours rounded as the printed figure"
    " is; training figures are compared as TF 2.4's progress bar shows them. `perturbed`: the"
    " largest change at any epoch when the first weights are moved by 1e-7 (normal numbers).\n"
)


def replay_table(replayed: Sequence[Replayed]) -> str:
    """A row for each run: the largest difference of each figure, and the verdict."""
    header = ["experiment", "epochs", "val_loss, 3 epochs", "val_loss", "val_accuracy"]
    header += ["loss", "accuracy", "perturbed val_loss", "perturbed val_accuracy", "verdict"]
    rows = [
        [
            r.name,
            str(r.epochs),
            _digits(r.worst("val_loss", 3)),
            *(_digits(r.worst(figure)) for figure in ("val_loss", "val_accuracy")),
            *(_digits(r.worst(figure)) for figure in ("loss", "accuracy")),
            _digits(r.perturbed_by("val_loss")),
            _digits(r.perturbed_by("val_accuracy")),
            r.verdict,
        ]
        for r in replayed
    ]
    return markdown_table(header, rows)


def distribution_table(replayed: Sequence[Replayed]) -> str:
    """How the differences of the replayed runs are distributed, a row for each figure."""
    header = ["figure", "n", "same digits", "median", "90%", "99%", "largest"]
    rows = []
    for figure in FIGURES:
        differences = [
            abs(f.difference)
            for r in replayed
            if r.verdict == "replayed"
            for f in r.figures
            if f.figure == figure
        ]
        if differences:
            same = sum(d == 0 for d in differences) / len(differences)
            quantiles = np.quantile(differences, [0.5, 0.9, 0.99, 1], method="higher")
            row = [figure, str(len(differences)), f"{same:.0%}"]
            rows.append([*row, *(f"{q:.0f}" for q in quantiles)])
    return markdown_table(header, rows) if rows else ""


def figures_table(replayed: Replayed) -> str:
    """Every printed figure of a run with the difference of ours, then the finished net's."""
    found = {(f.epoch, f.figure): f for f in replayed.figures}
    rows = [
        [str(epoch), *(_with_difference(found.get((epoch, figure))) for figure in FIGURES)]
        for epoch in dict.fromkeys(f.epoch for f in replayed.figures if f.epoch)
    ]
    text = markdown_table(["epoch", *FIGURES], rows)
    finished = [f for f in replayed.figures if f.epoch is None]
    if finished:
        row = [[f.figure, f"{f.printed:.4g}", f"{f.ours:.4g}"] for f in finished]
        text += "\n" + markdown_table(["finished net", "printed", "ours"], row)
    return text


def _with_difference(figure: ReplayedFigure | None) -> str:
    return f"{figure.printed:.4f} ({figure.difference:+.0f})" if figure else "-"


def _digits(difference: float | None) -> str:
    return "-" if difference is None else f"{difference:.0f}"
