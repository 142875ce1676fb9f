"""The error ratios of every pair and seed with both recipes, a panel for each size."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.studies.transfer.documented_pair import PAIR, SIZE, printed_ratio
from dnn_techniques.studies.transfer.outcome import Outcome
from dnn_techniques.studies.transfer.recipe import BOOK, NOTEBOOK

LIMIT = 32  # ratios beyond it, and infinite ones, stand at the edge
COLORS = {NOTEBOOK: "C0", BOOK: "C1"}
OFFSETS = {NOTEBOOK: 0.2, BOOK: -0.2}  # within the row of a pair


def draw_study(outcomes: Sequence[Outcome], names: Sequence[str]) -> Figure:
    """Draw a row for each pair, a dot for each seed and recipe.

    Args:
        outcomes: One for each size and recipe, of the same pairs.
        names: Names of the ten classes.
    """
    sizes = list(dict.fromkeys(o.size for o in outcomes))
    middle = next(o for o in outcomes if o.size == sizes[len(sizes) // 2])
    order = np.argsort(middle.pair_medians(), kind="stable")
    figure = Figure(figsize=(2.2 + 3.6 * len(sizes), 2.4 + 0.24 * len(order)), layout="constrained")
    axes = figure.subplots(1, len(sizes), squeeze=False, sharey=True)[0]
    for axis, size in zip(axes, sizes, strict=True):
        _draw_size(axis, [o for o in outcomes if o.size == size], order)
    labels = [" / ".join(names[label] for label in middle.pairs[k]) for k in order]
    axes[0].set_yticks(range(len(order)), labels, fontsize=7)
    axes[0].set_ylim(-1, len(order))
    for tick, k in zip(axes[0].get_yticklabels(), order, strict=True):
        if middle.pairs[k] == PAIR:
            tick.set(fontweight="bold", color="C3")
    figure.suptitle(
        "Test errors without transfer over test errors with it\npairs by their median at"
        f" {middle.size:,} images with the {middle.recipe.whose}'s recipe; ratios beyond {LIMIT}"
        " stand at the edge"
    )
    entries = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_size(axis: Axes, outcomes: Sequence[Outcome], order: np.ndarray) -> None:
    axis.axvline(1, color="black", lw=0.8, ls=":")
    title = f"{outcomes[0].size:,} images"
    for outcome in outcomes:
        _draw_recipe(axis, outcome, order)
        shares = [float((outcome.verdicts == sign).mean()) for sign in (1, 0, -1)]
        title += "\n{}: helps {:.0%}, neither {:.0%}, hurts {:.0%}".format(
            outcome.recipe.whose, *shares
        )
    axis.set_title(title, fontsize=10)
    axis.set_xscale("log", base=2)
    ticks = [2.0**k for k in range(-5, 6, 2)]
    axis.set_xticks(ticks, [f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
    axis.set(xlim=(0.85 / LIMIT, LIMIT / 0.85), xlabel="hurts ← error ratio → helps")
    axis.grid(axis="x", alpha=0.3)


def _draw_recipe(axis: Axes, outcome: Outcome, order: np.ndarray) -> None:
    color, whose = COLORS[outcome.recipe], outcome.recipe.whose
    ratios = np.clip(outcome.ratios[order], 1 / LIMIT, LIMIT)
    medians = np.clip(outcome.pair_medians()[order], 1 / LIMIT, LIMIT)
    rows = np.arange(len(order)) + OFFSETS[outcome.recipe]
    axis.plot(ratios, rows, "o", color=color, ms=3, mew=0, alpha=0.3)
    axis.plot([], [], "o", color=color, ms=3, mew=0, label=f"a seed, the {whose}'s recipe")
    axis.plot(medians, rows, "|", color="black", ms=5, mew=2, label="median of a pair")
    if outcome.median_interval is not None:
        axis.axvspan(*outcome.median_interval, color=color, alpha=0.2, lw=0)
    axis.axvline(outcome.median, color=color, label=f"{whose}: median of all, 99% interval")
    if PAIR in outcome.pairs:
        row = int(np.flatnonzero(order == outcome.pairs.index(PAIR))[0])
        if outcome.recipe == NOTEBOOK:
            axis.axhspan(row - 0.5, row + 0.5, color="C3", alpha=0.15, lw=0)
        if outcome.size == SIZE:
            height = row + OFFSETS[outcome.recipe]
            axis.plot(printed_ratio(outcome.recipe), height, "*", color="C3", ms=9, label="printed")
