"""Exercise 8 of chapter 11: which learning rate is best, as TensorBoard would show it."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn_techniques.figures.group_runs import about, finished_runs, setting
from dnn_techniques.results.run_sets import RunSet

GROUP = "cifar10-rates"
# Title of each search, the rate that the notebook chose, and of the last the rate of dropout.
SEARCHES = {
    "elu": ("a, b: ELU", 5e-5, None),
    "bn": ("c: BN, ELU", 5e-4, None),
    "alpha_dropout": ("e: SELU, alpha dropout", 5e-4, 0.1),
}
TOP = 2.4  # of the loss axis; chance is 2.3


def draw(out: Path) -> Figure:
    """Draw a row for each search: all learning curves, and the last loss against the rate.

    Raises:
        InputError: If no run is there.
    """
    run_sets = finished_runs(out, GROUP)
    there = {
        name: [s for s in run_sets if s.name.startswith(f"{GROUP}/{name}-")] for name in SEARCHES
    }
    there = {name: found for name, found in there.items() if found}
    figure = Figure(figsize=(12, 1.2 + 3.4 * len(there)), layout="constrained")
    figure.suptitle(
        f"Validation loss at each learning rate, mean over the seeds\n{about(run_sets)}"
    )
    axes = figure.subplots(len(there), 2, squeeze=False)
    for row, (name, found) in zip(axes, there.items(), strict=True):
        draw_search(row[0], row[1], name, found)
    return figure


def draw_search(curves: Axes, losses: Axes, name: str, run_sets: Sequence[RunSet]) -> None:
    """Draw the curves of a search on one axis, and the losses after the last epoch on another."""
    title, chosen, dropout = SEARCHES[name]
    rates = sorted({float(setting(s, "lr")) for s in run_sets})
    colors = dict(
        zip(rates, matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(rates))), strict=True)
    )
    drops = sorted({float(setting(s, "rate")) for s in run_sets}) if dropout else [0.0]
    for drop, style in zip(drops, ("--", "-", ":", "-."), strict=False):
        of_drop = [s for s in run_sets if not dropout or setting(s, "rate") == drop]
        of_drop.sort(key=lambda s: float(setting(s, "lr")))
        last = []
        for run_set in of_drop:
            rate = float(setting(run_set, "lr"))
            loss = np.mean([run.curves["val_loss"] for run in run_set.runs], axis=0)
            last.append(loss[-1])
            label = f"{rate:g}" if drop in (0.0, dropout) else None
            epochs = np.arange(1, len(loss) + 1)
            curves.plot(epochs, loss, style if dropout else "-", color=colors[rate], label=label)
        which = f"dropout {drop:g}" if dropout else None
        losses.plot(
            [setting(s, "lr") for s in of_drop], last, f"o{style if dropout else '-'}", label=which
        )
    losses.axvline(chosen, color="0.4", ls=":", label=f"{chosen:g}, the notebook's choice")
    losses.set_xscale("log")
    curves.set(title=title, xlabel="Epoch", ylabel="Validation loss (nats)")
    losses.set(title="after the last epoch", xlabel="Learning rate")
    curves.legend(title="learning rate", fontsize="small", ncols=2)
    losses.legend(fontsize="small", ncols=2)
    for axis in (curves, losses):
        low, high = axis.get_ylim()
        axis.set_ylim(low, min(high, TOP))
        axis.grid(alpha=0.3)
