"""Learning-rate range test of a 1cycle experiment's net (chapter 11, "Learning Rate Scheduling").

As in the notebook the rate grows from 1e-5 to 10 within an epoch, in batches of 128. The notebook
prints the accuracy of that epoch, and that its loss is no number in the end.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from matplotlib.figure import Figure
from torch import Tensor

from dnn_techniques.callbacks.printed_means import printed_mean
from dnn_techniques.data import ImageData
from dnn_techniques.documents.documented import documented
from dnn_techniques.figures.trained import class_of
from dnn_techniques.modules import OneCycleSchedule
from dnn_techniques.optim import LRRangeTest, lr_range_test
from dnn_techniques.replay.run import KerasRun, replay_run
from dnn_techniques.runs.experiments import select

EXPERIMENT = "schedules/one_cycle"
SEED = 42


def measure(data: ImageData, kind: type[OneCycleSchedule] = OneCycleSchedule) -> LRRangeTest:
    """The range test on an epoch of `data`; torch's generator on the CPU stays as it was."""
    with torch.random.fork_rng([]):
        torch.manual_seed(SEED)
        data.setup("fit")
        net = kind()
        return lr_range_test(net, net.make_optimizer(), net.loss, data.train_dataloader())


def replayed(
    data: ImageData, kind: type[OneCycleSchedule] = OneCycleSchedule
) -> tuple[float, float]:
    """What the notebook would print of the epoch, which goes on after the loss exploded.

    The test's weights, order of the images and way to average are those of the notebook.

    Returns:
        Its accuracy, and the lowest of the running means of its loss.
    """
    net = kind()
    replay_run(net, data, KerasRun(SEED))
    data.setup("fit")
    accuracies: list[Tensor] = []
    sizes: list[int] = []

    def loss(outputs: Tensor, labels: Tensor) -> Tensor:
        accuracies.append(net.metrics(outputs, labels)["accuracy"])
        sizes.append(len(labels))
        return net.loss(outputs, labels)

    found = lr_range_test(
        net, net.make_optimizer(), loss, data.train_dataloader(), divergence=math.inf
    )
    return printed_mean(accuracies, sizes), min(found.running_means)


def draw(out: Path) -> Figure:
    """Draw the range test on the experiment's data.

    Raises:
        InputError: If the data cannot be had.
    """
    return draw_experiment(EXPERIMENT)


def draw_experiment(name: str) -> Figure:
    """Draw the range test of an experiment's net on its data.

    Raises:
        InputError: If the data cannot be had.
    """
    (experiment,) = select(name)
    config = yaml.safe_load(experiment.path.read_text())
    data: ImageData = class_of(config["data"])(**config["data"]["init_args"])
    data.prepare_data()
    printed = documented(config["documented"]).setup["range_test"]
    return build(data, class_of(config["model"]), printed)


def build(
    data: ImageData,
    kind: type[OneCycleSchedule] = OneCycleSchedule,
    printed: Mapping[str, Any] | None = None,
) -> Figure:
    """Draw the loss against the rate, the rate that it suggests and the one that 1cycle uses.

    Args:
        data: What to test on.
        kind: The experiment with the net.
        printed: What the notebook prints of the epoch: `printed_accuracy`, and `lowest_loss`, the
            lowest running mean, if it prints that.

    Raises:
        ValueError: If the loss has no turning point.
    """
    result = measure(data, kind)
    figure = Figure(figsize=(8.5, 5), layout="constrained")
    axis = figure.subplots()
    result.plot(axis)
    top = kind().max_lr
    suggested = result.suggest()
    axis.axvline(suggested, color="0.3", linestyle="--", label=f"{suggested:.2g}: suggested")
    axis.axvline(top, color="0.3", linestyle=":", label=f"{top:g}: highest rate of the experiment")
    stand_in = data.arrays.stands_in_for
    where = f"on digits, NOT on {stand_in}" if stand_in else f"on {data.arrays.facts.name}"
    title = (
        f"Learning-rate range test of the 1cycle net {where}:\n"
        f"the loss falls up to a rate of {result.turning_point:.2g}, a tenth of that is suggested"
    )
    if printed and data.arrays.digest() == data.arrays.facts.sha256 and not stand_in:
        accuracy, lowest = replayed(data, kind)
        told = f"accuracy {printed['printed_accuracy']:.4f} printed, {accuracy:.4f} replayed"
        if "lowest_loss" in printed:
            told += f",\nlowest loss {printed['lowest_loss']:.4f} printed, {lowest:.4f} replayed"
        title += f"\nThe notebook's epoch: {told}"
    axis.set_title(title)
    axis.set_ylabel("Loss (nats)")
    axis.set_ylim(0, 1.1 * max(result.running_means))  # the running mean lags far above the others
    axis.legend(loc="lower left")
    return figure
