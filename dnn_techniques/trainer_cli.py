"""The Lightning Trainer's command line: fit, validate, test and predict an experiment."""

import contextlib
import logging
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from jsonargparse import Namespace
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.exceptions import SIGTERMException

from dnn_techniques.callbacks import best_checkpoint
from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.files import check_writable
from dnn_techniques.modules import Classifier
from dnn_techniques.option_errors import OneLineParser, one_line
from dnn_techniques.progress import EpochProgress
from dnn_techniques.replay import KerasRun, Replay
from dnn_techniques.study.documented import documented
from dnn_techniques.study.experiments import all_experiments, name_of
from dnn_techniques.study.predictions import PredictionsFile
from dnn_techniques.study.provenance import describe_data
from dnn_techniques.study.resume import check_continuation, checkpoint_to_resume
from dnn_techniques.study.run_folder import (
    BEST,
    CHECKPOINTS,
    PREDICTIONS,
    TENSORBOARD,
    RunFolder,
    folder_name,
)
from dnn_techniques.study.settings import changes
from dnn_techniques.study.stages import Reuse, random_seed, read_base, reused_layers, take_over
from dnn_techniques.trainer_checks import (
    check_checkpoint,
    check_phases,
    check_shapes,
    check_trainer,
)

DEFAULT_SEED = 42

TRAINER_DEFAULTS = {
    "accelerator": "auto",
    "devices": 1,
    "deterministic": True,
    "num_sanity_val_steps": 0,
    "enable_model_summary": False,
}


class ExperimentCLI(LightningCLI):
    """LightningCLI whose runs have a folder of their own: ``<out>/<experiment>/seed-<n>``."""

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what every run has beside trainer, model and data."""
        parser.add_argument(
            "--seed_everything", type=int, default=DEFAULT_SEED, help="Seed of weights and batches."
        )
        parser.add_argument(
            "--experiment",
            type=str | None,
            default=None,
            help="Name of the run's folder (default: the experiment file's group and name).",
        )
        parser.add_argument(
            "--documented",
            type=str | None,
            default=None,
            help="Documented run to compare with, an id in documented_results.json.",
        )
        parser.add_argument(
            "--sweep",
            type=dict[str, list] | None,
            default=None,
            help="Options of the module with lists of values, for `run` to combine.",
        )
        parser.add_argument(
            "--tensorflow",
            type=KerasRun | None,
            default=None,
            help="Where the random numbers of the documented run came from.",
        )
        parser.add_argument(
            "--reuse",
            type=Reuse | None,
            default=None,
            help="The earlier run whose weights the net begins with, and in which layers.",
        )
        parser.add_argument(
            "--replay",
            action="store_true",
            help="Train on the documented run's own weights, batches and dropout masks.",
        )
        parser.add_argument(
            "--perturbation",
            type=float,
            default=0.0,
            help="Standard deviation of a change of the replayed run's first weights.",
        )
        parser.add_argument("--out", type=str, default="runs", help="Folder of all run folders.")
        parser.add_argument(
            "--overwrite", type=bool, default=False, help="Replace a finished run of the same name."
        )
        parser.add_argument(
            "--threads",
            type=int,
            default=1,
            help="CPU threads; on the chapter's small nets one is faster than two.",
        )

    def _parse_ckpt_path(self) -> None:
        """Leave the configuration as it was given.

        LightningCLI would put the checkpoint's hyperparameters over the command line's, so that
        another net than the named one could be trained or tested without a word.
        """

    def _set_seed(self) -> None:
        config = self.config[self.config.subcommand]
        if not 0 <= config.seed_everything < 2**32:
            raise InputError(
                f"--seed_everything must be in [0, 2**32), got {config.seed_everything}"
            )
        super()._set_seed()
        torch.manual_seed(self.random_seed)

    @property
    def random_seed(self) -> int:
        """Seed of the weights and batches, see `random_seed`."""
        config = self.config[self.config.subcommand]
        return random_seed(config.seed_everything, config.reuse and config.reuse.run)

    def before_instantiate_classes(self) -> None:
        """Check what can be checked before anything is made, and find the run's folder."""
        config = self.config[self.subcommand]
        if config.experiment is None:
            config.experiment = name_of(config.config[0]) if config.config else "unnamed"
        if config.sweep is not None:
            raise InputError(
                f"{config.experiment} is a sweep of {', '.join(config.sweep)}: `run` trains all of"
                " it, fit needs a value for each and --sweep null"
            )
        if config.documented is not None:
            documented(config.documented)
        if config.threads < 1:
            raise InputError(f"--threads must be at least 1, got {config.threads}")
        if config.replay and config.tensorflow is None:
            raise InputError(
                f"--replay: {config.experiment} does not know the random numbers of a documented"
                " run; --tensorflow.seed and --tensorflow.first_draw name them"
            )
        if config.perturbation and not config.replay:
            raise InputError("--perturbation changes a replayed run; give --replay too")
        torch.set_num_threads(config.threads)
        check_trainer(config.trainer, fit=self.subcommand == "fit")
        if config.ckpt_path is not None and not Path(config.ckpt_path).is_file():
            raise InputError(f"--ckpt_path {config.ckpt_path}: no such file")
        folder = folder_name(config.seed_everything, config.replay, config.perturbation)
        self.run_path = Path(config.out, config.experiment, folder)
        check_writable(self.run_path)
        if self.subcommand != "fit" and config.ckpt_path is None:
            best = self.run_path / BEST
            raise InputError(
                f"{self.subcommand} needs trained weights: --ckpt_path {best}"
                + ("" if best.exists() else ", which `fit` with this experiment makes")
            )

    def instantiate_classes(self) -> None:
        """Make model, data and trainer; a value that one of them refuses is an input error."""
        try:
            super().instantiate_classes()
            if self.datamodule is None:
                raise InputError("data is missing; name a data module, as the experiments do")
            self.datamodule.prepare_data()
            check_shapes(self.model, self.datamodule)
            if isinstance(self.model, Classifier):
                self.model.make_optimizer()
            self._reused_layers()
            check_phases(self.trainer, self.model)
        except (ValueError, TypeError, ImportError, MisconfigurationException) as error:
            raise InputError(one_line(str(error))) from error
        ckpt_path = self.config_init[self.subcommand].ckpt_path
        if ckpt_path is not None:
            check_checkpoint(Path(ckpt_path), self.model)

    def progress(self) -> EpochProgress:
        """Make the progress display."""
        return EpochProgress()

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Make the trainer with the callbacks and the logger of the run's folder."""
        config = self.config_init[self.subcommand]
        callbacks = list(config.trainer.callbacks or [])
        logger = config.trainer.logger
        if config.trainer.enable_progress_bar is not False:
            callbacks.append(self.progress())
        if self.subcommand == "fit" and config.replay:
            callbacks.append(self._replay(config))
        if self.subcommand == "fit" and not config.trainer.fast_dev_run:
            self.run_folder = RunFolder(self.run_path, self._config_text(), self._facts())
            callbacks.append(self.run_folder)
            if config.trainer.enable_checkpointing is not False:
                callbacks += _checkpoints(self.run_path / CHECKPOINTS)
            if logger is None:
                logger = TensorBoardLogger(self.run_path, name=TENSORBOARD, version="")
        if self.subcommand == "predict":
            callbacks.append(PredictionsFile(self.run_path / PREDICTIONS))
        return super().instantiate_trainer(callbacks=callbacks, logger=logger or False, **kwargs)

    def _replay(self, config: Any) -> Replay:
        if not isinstance(self.model, Classifier) or not isinstance(self.datamodule, ImageData):
            raise InputError("--replay needs a Classifier and ImageData, as the experiments have")
        reused = self._reused_layers()
        return Replay(self.model, self.datamodule, config.tensorflow, config.perturbation, reused)

    def _reused_layers(self) -> list[str]:
        """Names of the layers that begin with another run's weights."""
        reuse = self.config_init[self.subcommand].reuse
        if reuse is None:
            return []
        if not isinstance(self.model, Classifier):
            raise InputError("reuse needs a Classifier, as the experiments have")
        return reused_layers(reuse, self.model)

    def reuse(self) -> None:
        """Begin with the weights of the run that this one builds on, if it does."""
        config = self.config_init[self.subcommand]
        if config.reuse is None:
            return
        run = config.reuse.run
        make_it = (
            f"run {run} --replay"
            if config.replay
            else f"fit -c experiments/{run}.yaml --seed_everything {config.seed_everything}"
        )
        make_it = f"make it: {make_it} --out {config.out}"
        base = read_base(config.reuse, Path(config.out), self.run_path.name, make_it)
        take_over(config.reuse, base, self.model)
        if not config.trainer.fast_dev_run:
            self.run_folder.facts["built_on"] = base.facts
            self.run_folder.facts["changes"] += base.changes

    def before_fit(self) -> None:
        """Find out whether the run is new or goes on, and make its folder."""
        config = self.config[self.subcommand]
        how = "replayed" if config.replay else f"seed {config.seed_everything}"
        print(f"{config.experiment}, {how} -> {self.run_path}", flush=True)
        self.reuse()
        if config.trainer.fast_dev_run:
            return
        given = yaml.safe_load(self._config_text())
        checkpoint = Path(config.ckpt_path) if config.ckpt_path is not None else None
        if checkpoint is not None:
            check_continuation(self.run_path, checkpoint, given)
        elif not config.overwrite:
            checkpoint = checkpoint_to_resume(self.run_path, given, self.run_folder.facts)
        self.run_folder.create(keep=checkpoint is not None)
        if checkpoint is not None:
            print(f"going on from {checkpoint}", flush=True)
            self.config_init[self.subcommand].ckpt_path = str(checkpoint)

    def after_fit(self) -> None:
        """Measure the trained weights, which ends the run."""
        train, test = self.measure()
        if not self.config[self.subcommand].trainer.fast_dev_run:
            self.run_folder.finish(self.model, train, test)

    def measure(self) -> tuple[dict[str, float], dict[str, float]]:
        """Figures of the weights as they are on the training and on the test images."""
        if not isinstance(self.model, Classifier) or not isinstance(self.datamodule, ImageData):
            return {}, {}
        self.trainer.loggers = []  # these figures are no validation of an epoch
        batches = self.datamodule.train_batches()
        train = _without_prefix(self.trainer.validate(self.model, batches, verbose=False))
        test = _without_prefix(self.trainer.test(self.model, self.datamodule, verbose=False))
        return train, test

    def _config_text(self) -> str:
        """The configuration as it can be given back with ``-c``."""
        config = self.config[self.subcommand].clone()
        config.overwrite = False
        config.ckpt_path = None
        text: str = self._parser(self.subcommand).dump(config, skip_none=False)
        return text

    def _facts(self) -> dict[str, Any]:
        config = self.config[self.subcommand]
        return {
            "experiment": config.experiment,
            "documented": config.documented,
            "seed": config.seed_everything,
            "changes": self._changes(config),
            "data": describe_data(self.datamodule),
        }

    def _changes(self, config: Any) -> list[str]:
        """How the settings differ from those of the run's experiment file.

        For a file elsewhere that names a documented run, from those of the experiment that repeats
        it.
        """
        experiments = all_experiments()
        same = [e for e in experiments if e.name == config.experiment] or [
            e for e in experiments if e.documented and e.documented == config.documented
        ]
        if not same:
            return []
        parser = self._parser(self.subcommand)
        args = ["-c", str(same[0].path), *same[0].arguments]
        args += ["--replay"] if config.replay else []
        base = parser.dump(parser.parse_args(args), skip_none=False)
        return changes(yaml.safe_load(self._config_text()), yaml.safe_load(base))


def run_trainer(args: Sequence[str]) -> None:
    """Run a subcommand of the Trainer, for example ``["fit", "-c", "experiment.yaml"]``.

    Raises:
        InputError: If the arguments or the data cannot be used.
        FinishedRunError: If the run's folder holds a finished run.
    """
    make_cli(ExperimentCLI, args)


def check_arguments(args: Sequence[str]) -> Namespace:
    """Parse the arguments of `run_trainer`, make what they name, and leave it at that.

    Returns:
        The configuration of the subcommand.

    Raises:
        InputError: If they cannot be used.
    """
    cli = make_cli(_CheckOnlyCLI, args)
    config: Namespace = cli.config[cli.subcommand]
    return config


class _CheckOnlyCLI(ExperimentCLI):
    def _run_subcommand(self, subcommand: str) -> None:
        pass


@contextlib.contextmanager
def quiet_lightning() -> Iterator[None]:
    """Within it Lightning neither advertises nor warns, and a signal ends it as any program."""
    # It warns of what is meant here; its errors are enough.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", module=name)
    try:
        yield
    except SIGTERMException:
        sys.exit(128 + signal.SIGTERM)  # Lightning would exit with 0
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):  # Lightning's way of handling it
            raise KeyboardInterrupt from stop
        raise


@quiet_lightning()
def make_cli(cli: type[ExperimentCLI], args: Sequence[str]) -> ExperimentCLI:
    """Parse the arguments with `cli` and run what they ask for."""
    commands = cli.subcommands()

    class OneCommandCLI(cli):  # type: ignore[valid-type,misc]
        """Takes no time to make the parsers of the other subcommands."""

        @staticmethod
        def subcommands() -> dict[str, set[str]]:
            return {name: skipped for name, skipped in commands.items() if name == args[0]}

    try:
        return OneCommandCLI(
            pl.LightningModule,
            pl.LightningDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            trainer_defaults=TRAINER_DEFAULTS,
            parser_class=OneLineParser,
            parser_kwargs={"allow_abbrev": False} | {args[0]: {"allow_abbrev": False}},
            save_config_callback=None,
            auto_configure_optimizers=False,
            args=list(args),
        )
    except (MisconfigurationException, UnicodeDecodeError) as error:
        raise InputError(one_line(str(error))) from error


def _without_prefix(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """``{"loss": 1.0}`` of ``[{"test_loss": 1.0}]``, what the trainer returns for one loader."""
    return {name.partition("_")[2]: value for name, value in figures[0].items()}


def _checkpoints(folder: Path) -> list[ModelCheckpoint]:
    """Keep the weights of the lowest validation loss and the latest ones."""
    return [
        best_checkpoint(folder),
        ModelCheckpoint(folder, "last", enable_version_counter=False),
    ]
