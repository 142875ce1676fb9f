"""A picture of a data set: samples of every class, or the values of every column."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.data.table_arrays import TableArrays
from dnn_techniques.files import write_figure

SAMPLES = 10
COLUMNS = 3


def draw_sheet(arrays: ImageArrays, path: Path) -> None:
    """Write a PNG with a row for each class: its name and its first training images."""
    names = arrays.facts.class_names
    figure = Figure(figsize=(SAMPLES * 0.75 + 1.8, len(names) * 0.78 + 0.5), layout="constrained")
    figure.suptitle(f"{arrays.facts.name}: the first training images of each class")
    axes = figure.subplots(len(names), SAMPLES)
    for label, row in enumerate(axes):
        row[0].set_ylabel(names[label], rotation=0, ha="right", va="center")
        for axis, index in zip(row, np.flatnonzero(arrays.y_train == label), strict=False):
            axis.imshow(arrays.x_train[index], cmap="gray_r", vmin=0, vmax=255)
        for axis in row:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    write_figure(path, figure)


def draw_columns(table: TableArrays, path: Path) -> None:
    """Write a PNG with a histogram for each feature and target."""
    columns = table.columns()
    rows = -(-len(columns) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * 3.2, rows * 2.4 + 0.4), layout="constrained")
    figure.suptitle(f"{table.facts.name}: how many of {len(table.x):,} rows have which value")
    axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axis, (name, values) in zip(axes, columns.items(), strict=False):
        axis.hist(values, bins=50)
        axis.set(title=name, yscale="log")
    for axis in axes[len(columns) :]:
        axis.axis("off")
    write_figure(path, figure)
