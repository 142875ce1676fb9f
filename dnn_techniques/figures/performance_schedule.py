"""Learning rate and validation loss of performance scheduling, epoch by epoch (chapter 11)."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnn_techniques.figures.trained import title
from dnn_techniques.results.run_sets import read_runs

NAME = "schedules/performance"


def draw(out: Path) -> Figure:
    """Draw both over the epochs of the first seed's run, each on an axis of its own.

    Raises:
        InputError: If the run is not there.
    """
    runs = read_runs(out, NAME)
    curves = runs.runs[0].curves
    figure = Figure(figsize=(8.5, 4.8), layout="constrained")
    axis = figure.subplots()
    axis.plot(curves["epoch"], curves["lr"], "o-", drawstyle="steps-mid", color="C0")
    axis.set_xlabel("Epoch")
    axis.set_ylabel("Learning rate (circles)", color="C0")
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.tick_params(axis="y", colors="C0")
    axis.grid(alpha=0.3)
    losses = axis.twinx()
    losses.plot(curves["epoch"], curves["val_loss"], "^-", color="C3")
    losses.set_ylabel("Validation loss in nats (triangles)", color="C3")
    losses.tick_params(axis="y", colors="C3")
    axis.set_title(f"Half the rate after 5 epochs without a better validation loss\n{title(runs)}")
    return figure
