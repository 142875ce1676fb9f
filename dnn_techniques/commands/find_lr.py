"""``find-lr -c <experiment>``: the learning-rate range test of any module and data."""

import sys
from collections.abc import Iterator, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.apply_func import move_data_to_device
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pytorch_lightning.cli import LightningArgumentParser
from pytorch_lightning.utilities.data import extract_batch_size
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure
from dnn_techniques.modules import Experiment
from dnn_techniques.optim import lr_range_test
from dnn_techniques.optim.lr_range_test import LRRangeTest
from dnn_techniques.runs.options import ExperimentCLI, as_input_errors
from dnn_techniques.runs.plan_one import plan_one
from dnn_techniques.runs.prepare import prepare
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.train import begin_with_base
from dnn_techniques.terminal import say


def _add_options(parser: LightningArgumentParser) -> None:
    parser.add_argument("--min_lr", type=float, default=1e-5, help="First rate.")
    parser.add_argument("--max_lr", type=float, default=10.0, help="Rate after the last step.")
    parser.add_argument(
        "--steps", type=int | None, default=None, help="Optimizer steps (default: an epoch)."
    )


@quiet_lightning()
def find_lr(words: Sequence[str]) -> None:
    """Run the range test with the options of `fit`, ``min_lr``, ``max_lr`` and ``steps``.

    Raises:
        InputError: If the options or the data cannot be used, or the test shows no turning point.
    """
    cli = ExperimentCLI("fit", words, _add_options, "find-lr")
    name, options = cli.options.experiment, cli.options
    prepared = prepare(plan_one(cli, words), more=_add_options)
    module, data = prepared.module, prepared.data
    begin_with_base(prepared)
    trainer = prepared.cli.make_trainer([], logger=False)
    module.trainer = data.trainer = trainer
    if not module.automatic_optimization:
        raise InputError(f"find-lr cannot test {type(module).__name__}: it optimizes manually")
    data.prepare_data()
    data.setup("fit")
    loader = data.train_dataloader()
    steps = options.steps
    if steps is None and isinstance(loader, Sized):
        steps = len(loader)
    device = trainer.strategy.root_device
    with as_input_errors():
        optimizer = _optimizer(module.to(device))
        own = getattr(module, "max_lr", optimizer.param_groups[0]["lr"])  # that of a cycle
        result = lr_range_test(
            _Step(module),
            optimizer,
            lambda loss, samples: loss,
            _Batches(loader, device),
            min_lr=options.min_lr,
            max_lr=options.max_lr,
            steps=steps,
        )
        suggestion = result.suggest()
    path = Path(options.out, name or "unnamed", "find-lr.png")
    figure = Figure(figsize=(8, 5.2), layout="constrained")
    axes = figure.subplots()
    result.plot(axes)
    mark_rates(axes, result, own)
    axes.set_title(f"{name}: learning-rate range test")
    write_figure(path, figure)
    ended = "diverged" if result.diverged else "ended"
    say(f"{len(result.rates)} steps from {options.min_lr:g}, {ended} at {result.rates[-1]:g}")
    say(f"lowest smoothed loss at {result.turning_point:.2g}")
    say(f"suggested learning rate {suggestion:.2g}: a tenth of that, the book's rule")
    say(f"the experiment's own rate is {own:.2g}")
    say(f"1cycle would go from {suggestion:.2g} up to {result.turning_point:.2g} and back")
    say(f"drawn in {path}")


def mark_rates(axes: Axes, result: LRRangeTest, own: float) -> None:
    """Mark the suggested rate, the experiment's own, and the range of 1cycle.

    1cycle goes up to where the loss starts to climb (Smith 2018), from a tenth of that: on the
    notebook's net from 0.005 to 0.05.
    """
    suggestion, highest = result.suggest(), result.turning_point
    one_cycle = f"1cycle, {suggestion:.2g} to {highest:.2g}"
    axes.axvspan(suggestion, highest, color="C2", alpha=0.15, label=one_cycle)
    axes.axvline(suggestion, color="C2", label=f"suggested, {suggestion:.2g}")
    axes.axvline(own, color="C4", ls=":", lw=2, label=f"the experiment's own, {own:.2g}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False)


class _Step(nn.Module):
    """The loss of a module's training step, which logs nothing here."""

    def __init__(self, module: pl.LightningModule) -> None:
        super().__init__()
        self.module = module
        module.log = lambda *args, **kwargs: None  # type: ignore[method-assign]

    def forward(self, batch: Any) -> Tensor:
        made = self.module.training_step(batch, 0)
        loss = made["loss"] if isinstance(made, Mapping) else made
        if not isinstance(loss, Tensor):
            raise InputError(f"find-lr: the training step returned {made} instead of a loss")
        return loss


class _Batches:
    """Batches on a device, each with a tensor as long as it has samples; with a progress bar."""

    def __init__(self, loader: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        for batch in tqdm(self.loader, leave=False, disable=not sys.stderr.isatty()):
            samples = torch.empty(extract_batch_size(batch))
            yield move_data_to_device(batch, self.device), samples


def _optimizer(module: pl.LightningModule) -> Optimizer:
    """The module's first optimizer; its steps clip and constrain as those of `fit` do."""
    made: Any
    if isinstance(module, Experiment) and "configure_optimizers" not in vars(module):
        made = module.make_optimizer()  # a schedule may want to know of a training that there isn't
    else:  # a foreign module, or --optimizer
        made = module.configure_optimizers()
    while not isinstance(made, Optimizer):
        made = made["optimizer"] if isinstance(made, Mapping) else made[0]
    optimizer: Optimizer = made
    optimizer.register_step_pre_hook(lambda *_: module.configure_gradient_clipping(optimizer))
    if isinstance(module, Experiment):
        optimizer.register_step_post_hook(lambda *_: _constrain(module))
    return optimizer


@torch.no_grad()
def _constrain(module: Experiment) -> None:
    for constraint in module.constraints:
        constraint(module.net)
