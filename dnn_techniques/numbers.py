"""The numbers of a picture, as a table to go on with."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from numpy.typing import NDArray

HEADER = ("panel", "series", "x", "y", "value")
# Of a line or a cloud of more points every so many are given: a picture shows no more.
MOST_POINTS = 500
# A larger image is a photograph.
LARGEST_IMAGE = 10_000

Row = tuple[Any, ...]


def numbers(figure: Figure) -> str:
    """All that is drawn in data coordinates, as CSV: panel, series, x, y, value.

    `value` is that of an image's cell. A place with a name on its axis has that name. A line across
    the whole panel has only its place.

    >>> figure = Figure()
    >>> _ = figure.subplots().plot([1, 2], [0.5, 0.25], label="loss")
    >>> print(numbers(figure), end="")
    panel,series,x,y,value
    ,loss,1,0.5,
    ,loss,2,0.25,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for axes in figure.axes:
        panel = " ".join((axes.get_title() or axes.get_ylabel() or axes.get_xlabel()).split())
        x_name, y_name = _names(axes.xaxis), _names(axes.yaxis)
        for series, x, y, *value in _rows(axes):
            cells = [x_name.get(x, _plain(x)), y_name.get(y, _plain(y)), *map(_plain, value)]
            writer.writerow([panel, series, *cells, *[""] * (3 - len(cells))])
    return text.getvalue()


def _rows(axes: Axes) -> Iterator[Row]:
    across = [axes.get_xaxis_transform(which="grid"), axes.get_yaxis_transform(which="grid")]
    for k, line in enumerate(axes.get_lines(), start=1):
        name = _label(line, f"line {k}")
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        if line.get_transform() == across[0]:
            yield name, x[0], None
        elif line.get_transform() == across[1]:
            yield name, None, y[0]
        else:
            yield from ((name, *point) for point in _some(np.stack([x, y], axis=1)))
    for container in axes.containers:
        if isinstance(container, BarContainer):
            yield from _bars(container)
    for k, collection in enumerate(axes.collections, start=1):
        name = _label(collection, f"collection {k}")
        if isinstance(collection, PathCollection):
            yield from (
                (name, *point) for point in _some(np.asarray(collection.get_offsets(), float))
            )
        elif isinstance(collection, LineCollection | PolyCollection):
            paths: Iterable[Any] = collection.get_paths()
            yield from ((name, *point) for path in paths for point in _some(path.vertices))
    for image in axes.get_images():
        array: Any = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        if array.ndim == 2 and array.size <= LARGEST_IMAGE:
            yield from (("image", x, y, value) for (y, x), value in np.ndenumerate(array))


def _some(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most `MOST_POINTS` of some points, evenly spaced, the first and the last among them."""
    chosen = np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).round().astype(int)
    some: NDArray[np.float64] = points[chosen]
    return some


def _bars(container: BarContainer) -> Iterator[Row]:
    name = _label(container, "bars")
    for bar in container.patches:
        if container.orientation == "horizontal":
            yield name, bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2
        else:
            yield name, bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height()


def _label(artist: Any, otherwise: str) -> str:
    label = str(artist.get_label() or "")
    return otherwise if not label or label.startswith("_") else label


def _names(axis: Axis) -> dict[float, str]:
    """What stands at each place of an axis of names."""
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {}
    places = axis.get_majorticklocs().tolist()
    names = axis.get_major_formatter().format_ticks(places)
    return {
        place: " ".join(name.split())
        for place, name in zip(places, names, strict=True)
        if any(map(str.isalpha, name))
    }


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"
