"""The tables and the picture of accuracy against the number of labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from dnn_techniques.data import ImageData
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.modules.pretraining import HIDDEN
from dnn_techniques.results.prediction import Prediction, mean_interval
from dnn_techniques.results.tables import markdown_table, mean_and_std
from dnn_techniques.runs.provenance import describe_data, describe_device, versions
from dnn_techniques.studies.few_labels import NOTHING, Accuracies, Settings


def accuracy_table(found: Accuracies) -> str:
    """A row for each number of labels, a column for each way."""
    rows = [
        [f"{n:,}", *(mean_and_std(Prediction(by_size[n])) for by_size in found.values())]
        for n in found[NOTHING]
    ]
    return markdown_table(["labels", *found], rows)


def gain_table(found: Accuracies) -> str:
    """What each way gains over no pretraining, in percentage points under the same seed."""
    ways = [way for way in found if way != NOTHING]
    rows = [
        [f"{n:,}", *(_gain(found[way][n], baseline) for way in ways)]
        for n, baseline in found[NOTHING].items()
    ]
    return markdown_table(["gain in points", *ways], rows)


def _gain(accuracies: Sequence[float], baseline: Sequence[float]) -> str:
    points = [100 * (a - b) for a, b in zip(accuracies, baseline, strict=True)]
    interval = mean_interval(points)
    mean = f"{Prediction(points).mean:+.1f}"
    return mean + (f" ({interval[0]:+.1f} to {interval[1]:+.1f})" if interval else "")


def draw_accuracies(found: Accuracies, title: str) -> Figure:
    """Draw accuracy and gain of each way against the number of labels: means, and every seed."""
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    baseline = np.array(list(found[NOTHING].values()))
    sizes = np.array(list(found[NOTHING]))
    middle = (len(found) - 1) / 2
    for i, (way, by_size) in enumerate(found.items()):
        places = sizes * 1.06 ** (i - middle)  # side by side: the ways lie close together
        accuracies = np.array(list(by_size.values()))
        gains = 100 * (accuracies - baseline)
        for axis, values in ((left, accuracies), (right, gains)):
            axis.plot(places, values.mean(axis=1), color=f"C{i}", label=way)
            if axis is left or way != NOTHING:
                axis.plot(places, values, "o", color=f"C{i}", ms=4, alpha=0.6)
    left.set(ylabel="Test accuracy")
    right.set(ylabel="Gain over no pretraining (percentage points)")
    for axis in (left, right):
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{n:,}" for n in sizes])
        axis.minorticks_off()
        axis.set_xlabel("Labelled images")
        axis.grid(alpha=0.3)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def write_study(
    folder: Path, command: str, settings: Settings, data: ImageData, found: Accuracies
) -> str:
    """Write summary.md, results.json and accuracy.png.

    Returns:
        The tables.
    """
    name = data.arrays.facts.name
    if data.arrays.stands_in_for:
        name = f"scikit-learn's digits, NOT {data.arrays.stands_in_for}"
    seeds, images = len(settings.seeds), len(data.train[0])
    runs = f"{seeds} seed{'s' * (seeds > 1)}"
    tables = f"{accuracy_table(found)}\n{gain_table(found)}"
    text = f"""`{command}`

Test accuracy on {name} over {runs}, mean ± standard deviation; gains over no pretraining in
percentage points under the same seed, in parentheses the 99% interval of the mean. Epochs over all
{images:,} images to pretrain: {settings.pretraining}. Epochs over the labelled images:
{settings.epochs}, the first {settings.frozen} with the pretrained layers frozen. Units of the
hidden layers: {", ".join(map(str, HIDDEN))}. The autoencoders see no label; of a pair it is told
whether both images are of one class.

{tables}"""
    results = {
        "command": command,
        "seeds": list(settings.seeds),
        "labels": list(settings.labels),
        "pretraining_epochs": settings.pretraining,
        "epochs": settings.epochs,
        "frozen_epochs": settings.frozen,
        "hidden": list(HIDDEN),
        "test_accuracy": {way: list(by_size.values()) for way, by_size in found.items()},
        "data": describe_data(data),
        "device": describe_device(torch.device("cpu")),
        "versions": versions(),
    }
    title = f"Pretraining on {images:,} images of {name}, {runs}"
    write_text(folder / "summary.md", text)
    write_json(folder / "results.json", results)
    write_figure(folder / "accuracy.png", draw_accuracies(found, title))
    return tables
