"""A run before it trains: its options, and what is made and checked of them."""

from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace

from dnn_techniques.data import InMemoryData
from dnn_techniques.modules import Experiment
from dnn_techniques.runs.callback_checks import (
    check_callbacks,
    check_monitors,
    check_phases,
)
from dnn_techniques.runs.checks import (
    check_checkpoint,
    check_length,
    check_options,
    check_own_optimizer,
    check_schedule,
    check_shapes,
    check_test_part,
)
from dnn_techniques.runs.options import ExperimentCLI, More, add_nothing, as_input_errors
from dnn_techniques.runs.run_folder import folder_name
from dnn_techniques.runs.seeds import seed_data, seed_everything
from dnn_techniques.runs.stages import reused_layers


@dataclass(frozen=True)
class Run:
    """A run to be made; it can be pickled.

    Attributes:
        options: The parsed options of ``fit``: experiment, seed, replay and all others.
        changes: How the settings differ from those of its experiment file.
    """

    options: Namespace
    changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``<group>/<name>``, the folder of the runs that differ in their seeds."""
        return str(self.options.experiment)

    @property
    def path(self) -> Path:
        """Its folder."""
        o = self.options
        return Path(o.out, o.experiment, folder_name(o.seed_everything, o.replay, o.perturbation))

    def with_seed(self, seed: int) -> "Run":
        """The same under another seed."""
        options = self.options.clone()
        options.seed_everything = seed
        return Run(options, self.changes)


@dataclass
class Prepared:
    """A run's objects before it trains, and the parser that made them."""

    run: Run
    cli: ExperimentCLI
    module: pl.LightningModule
    data: pl.LightningDataModule
    reused: list[str]


def prepare(run: Run, command: str = "fit", more: More = add_nothing) -> Prepared:
    """Make what a run trains, and check what can be checked before.

    Args:
        run: The run.
        command: What will be done: ``fit``, ``validate``, ``test`` or ``predict``.
        more: What added further options.

    Raises:
        InputError: If something of it cannot be.
    """
    options = run.options
    check_options(options)
    if command == "fit":
        check_length(options)
    builds_on = options.reuse.run if options.reuse else None
    torch.set_num_threads(options.threads)
    seed_everything(options.seed_everything, builds_on)
    cli = ExperimentCLI(command, options, more)
    module, data = cli.make()
    seed_data(data, options.seed_everything, builds_on)
    made = cli.config_init[command]
    callbacks = made.trainer.callbacks
    with as_input_errors():
        if isinstance(data, InMemoryData):
            data.prepare_data()
        check_shapes(module, data)
        check_callbacks(callbacks, module)
        check_phases(callbacks, options.trainer.max_epochs, module)
        if isinstance(module, Experiment):
            check_schedule(module)
        if options.optimizer:
            check_own_optimizer(module)
        if isinstance(data, InMemoryData) and command == "fit":
            if not options.trainer.fast_dev_run:
                check_test_part(options.trainer.limit_test_batches, data)
            if isinstance(module, Experiment):
                check_monitors(callbacks, options, module, data)
        reused = reused_layers(made.reuse, module)
    if options.ckpt_path is not None:
        check_checkpoint(Path(options.ckpt_path), module)
    return Prepared(run, cli, module, data, reused)
