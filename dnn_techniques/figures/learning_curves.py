"""The learning curves of the first image classifier (chapter 10, figure 10-12).

The figures of the training are means of an epoch in which the weights moved, those of the
validation are measured after it. So the book tells to draw the training half an epoch earlier.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dnn_techniques.figures.trained import title
from dnn_techniques.results.run_sets import read_runs

NAME = "chapter10/fashion_mlp"
# Half an epoch: where the middle of what a training figure is the mean of lies.
EARLIER = {"": 0.5, "val_": 0.0}


def draw(out: Path) -> Figure:
    """Draw loss and accuracy of the first seed's run, in training and in validation.

    Marks are the figures that the book prints.

    Raises:
        InputError: If the run is not there.
    """
    runs = read_runs(out, NAME)
    curves = runs.runs[0].curves
    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    axis = figure.subplots()
    for metric, color in (("loss", "C0"), ("accuracy", "C1")):
        for prefix, style in (("", "--"), ("val_", "-")):
            name, earlier = prefix + metric, EARLIER[prefix]
            label = f"{'validation' if prefix else 'training'} {metric}"
            epochs = np.array(curves["epoch"]) - earlier
            axis.plot(epochs, curves[name], style, color=color, label=label)
            for printed in runs.documented.curves.values() if runs.documented else ():
                marked = np.array(printed["epoch"]) - earlier
                axis.plot(marked, printed[name], "D", color=color, mfc="none", ms=5)
    axis.set(xlabel="Epoch", xlim=(0, None), ylim=(0, 1))
    axis.grid(alpha=0.3)
    axis.legend(title="loss in nats; marks: the book's")
    axis.set_title(f"Training figures stand half an epoch earlier\n{title(runs)}")
    return figure
