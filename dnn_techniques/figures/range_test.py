"""Learning-rate range test of the 1cycle experiment's net (chapter 11, "Learning Rate Scheduling").

As in the notebook the rate grows from 1e-5 to 10 within an epoch, in batches of 128.
"""

from pathlib import Path

import torch
import yaml
from matplotlib.figure import Figure

from dnn_techniques.data import ImageData
from dnn_techniques.figures.trained import class_of
from dnn_techniques.modules import OneCycleSchedule
from dnn_techniques.optim import LRRangeTest, lr_range_test
from dnn_techniques.runs.experiments import select

EXPERIMENT = "schedules/one_cycle"
SEED = 42


def measure(data: ImageData) -> LRRangeTest:
    """The range test on an epoch of `data`; torch's generator on the CPU stays as it was."""
    with torch.random.fork_rng([]):
        torch.manual_seed(SEED)
        data.setup("fit")
        net = OneCycleSchedule()
        return lr_range_test(net, net.make_optimizer(), net.loss, data.train_dataloader())


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
    axis.set_title(
        f"Learning-rate range test of the 1cycle net {where}:\n"
        f"the loss falls up to a rate of {result.turning_point:.2g}, a tenth of that is suggested"
    )
    axis.set_ylabel("Loss (nats)")
    axis.set_ylim(0, 1.1 * max(result.running_means))  # the running mean lags far above the others
    axis.legend(loc="lower left")
    return figure
