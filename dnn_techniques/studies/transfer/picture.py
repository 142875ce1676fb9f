"""The error ratios of every pair and seed, a panel for each size."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.studies.transfer.documented_pair import PAIR, SIZE, printed_ratio
from dnn_techniques.studies.transfer.outcome import Outcome

LIMIT = 32  # ratios beyond it, and infinite ones, stand at the edge


def draw_study(outcomes: Sequence[Outcome], names: Sequence[str]) -> Figure:
    """Draw a row for each pair, a dot for each seed.

    Args:
        outcomes: One for each size, of the same pairs.
        names: Names of the ten classes.
    """
    middle = outcomes[len(outcomes) // 2]
    order = np.argsort(middle.pair_medians(), kind="stable")
    height = 2.2 + 0.19 * len(order)
    figure = Figure(figsize=(2.2 + 3.6 * len(outcomes), height), layout="constrained")
    axes = figure.subplots(1, len(outcomes), squeeze=False, sharey=True)[0]
    for axis, outcome in zip(axes, outcomes, strict=True):
        _draw_size(axis, outcome, order)
    labels = [" / ".join(names[label] for label in middle.pairs[k]) for k in order]
    axes[0].set_yticks(range(len(order)), labels, fontsize=7)
    axes[0].set_ylim(-1, len(order))
    for tick, k in zip(axes[0].get_yticklabels(), order, strict=True):
        if middle.pairs[k] == PAIR:
            tick.set(fontweight="bold", color="C3")
    figure.suptitle(
        "Test errors without transfer over test errors with it\npairs by their median at"
        f" {middle.size:,} images; ratios beyond {LIMIT} stand at the edge"
    )
    entries = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_size(axis: Axes, outcome: Outcome, order: np.ndarray) -> None:
    ratios = np.clip(outcome.ratios[order], 1 / LIMIT, LIMIT)
    medians = np.clip(outcome.pair_medians()[order], 1 / LIMIT, LIMIT)
    rows = np.arange(len(order))
    axis.plot(ratios, rows, "o", color="C0", ms=3, mew=0, alpha=0.3)
    axis.plot([], [], "o", color="C0", ms=3, mew=0, alpha=0.5, label="a seed")
    axis.plot(medians, rows, "|", color="black", ms=8, mew=2, label="median of a pair")
    if outcome.median_interval is not None:
        axis.axvspan(*outcome.median_interval, color="C1", alpha=0.3, lw=0)
    axis.axvline(outcome.median, color="C1", label="median of all, with its 99% interval")
    axis.axvline(1, color="black", lw=0.8, ls=":")
    if PAIR in outcome.pairs:
        row = int(np.flatnonzero(order == outcome.pairs.index(PAIR))[0])
        axis.axhspan(row - 0.5, row + 0.5, color="C3", alpha=0.15, lw=0)
        if outcome.size == SIZE:
            axis.plot(printed_ratio(), row, "*", color="C3", ms=9, label="printed")
    axis.set_xscale("log", base=2)
    ticks = [2.0**k for k in range(-5, 6, 2)]
    axis.set_xticks(ticks, [f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
    axis.set(xlim=(0.85 / LIMIT, LIMIT / 0.85), xlabel="hurts ← error ratio → helps")
    shares = [float((outcome.verdicts == sign).mean()) for sign in (1, 0, -1)]
    axis.set_title(
        "{:,} images\nhelps {:.0%}, neither {:.0%}, hurts {:.0%}".format(outcome.size, *shares),
        fontsize=10,
    )
    axis.grid(axis="x", alpha=0.3)
