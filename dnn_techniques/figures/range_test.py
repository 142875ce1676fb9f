"""Learning-rate range test of the 1cycle experiment's net (chapter 11, "Learning Rate Scheduling").

As in the notebook the rate grows from 1e-5 to 10 within an epoch, in batches of 128. The notebook
prints the accuracy of that epoch, and that its loss is no number in the end.
"""

import math
from pathlib import Path

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
PRINTED = documented("schedule-1cycle").setup["range_test"]


def measure(data: ImageData) -> LRRangeTest:
    """The range test on an epoch of `data`; torch's generator on the CPU stays as it was."""
    with torch.random.fork_rng([]):
        torch.manual_seed(SEED)
        data.setup("fit")
        net = OneCycleSchedule()
        return lr_range_test(net, net.make_optimizer(), net.loss, data.train_dataloader())


def replayed_accuracy(data: ImageData) -> float:
    """Accuracy that the notebook would print of the epoch that goes on after the loss exploded.

    The test's weights, order of the images and way to average are those of the notebook.
    """
    net = OneCycleSchedule()
    replay_run(net, data, KerasRun(SEED))
    data.setup("fit")
    accuracies: list[Tensor] = []
    sizes: list[int] = []

    def loss(outputs: Tensor, labels: Tensor) -> Tensor:
        accuracies.append(net.metrics(outputs, labels)["accuracy"])
        sizes.append(len(labels))
        return net.loss(outputs, labels)

    lr_range_test(net, net.make_optimizer(), loss, data.train_dataloader(), divergence=math.inf)
    return printed_mean(accuracies, sizes)


def draw(out: Path) -> Figure:
    """Draw the range test on the experiment's data.

    Raises:
        InputError: If the data cannot be had.
    """
    (experiment,) = select(EXPERIMENT)
    config = yaml.safe_load(experiment.path.read_text())["data"]
    data: ImageData = class_of(config)(**config["init_args"])
    data.prepare_data()
    return build(data)


def build(data: ImageData) -> Figure:
    """Draw the loss against the rate, the rate that it suggests and the one that 1cycle uses.

    Raises:
        ValueError: If the loss has no turning point.
    """
    result = measure(data)
    figure = Figure(figsize=(8.5, 5), layout="constrained")
    axis = figure.subplots()
    result.plot(axis)
    top = OneCycleSchedule().max_lr
    suggested = result.suggest()
    axis.axvline(suggested, color="0.3", linestyle="--", label=f"{suggested:.2g}: suggested")
    axis.axvline(top, color="0.3", linestyle=":", label=f"{top:g}: highest rate of the experiment")
    stand_in = data.arrays.stands_in_for
    where = f"on digits, NOT on {stand_in}" if stand_in else f"on {data.arrays.facts.name}"
    title = (
        f"Learning-rate range test of the 1cycle net {where}:\n"
        f"the loss falls up to a rate of {result.turning_point:.2g}, a tenth of that is suggested"
    )
    if data.arrays.digest() == data.arrays.facts.sha256 and not stand_in:
        ours, printed = replayed_accuracy(data), PRINTED["printed_accuracy"]
        title += f"\nAccuracy of the notebook's epoch: {printed:.4f} printed, {ours:.4f} replayed"
    axis.set_title(title)
    axis.set_ylabel("Loss (nats)")
    axis.set_ylim(0, 1.1 * max(result.running_means))  # the running mean lags far above the others
    axis.legend(loc="lower left")
    return figure
