"""The Lightning Trainer's command line: fit, validate, test and predict an experiment."""

import logging
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import TensorBoardLogger

from dnn_techniques.callbacks import best_checkpoint
from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.option_errors import OneLineParser, one_line
from dnn_techniques.progress import EpochProgress
from dnn_techniques.study.documented import documented
from dnn_techniques.study.experiments import EXPERIMENTS, name_of
from dnn_techniques.study.files import check_writable
from dnn_techniques.study.predictions import PredictionsFile
from dnn_techniques.study.run_folder import CHECKPOINTS, RunFolder, refuse_finished
from dnn_techniques.study.settings import changes

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

    def before_instantiate_classes(self) -> None:
        """Check what can be checked before anything is made, and find the run's folder."""
        config = self.config[self.subcommand]
        if config.experiment is None:
            config.experiment = name_of(config.config[-1]) if config.config else "unnamed"
        if config.documented is not None:
            documented(config.documented)
        if config.threads < 1:
            raise InputError(f"--threads must be at least 1, got {config.threads}")
        torch.set_num_threads(config.threads)
        _check_trainer(config.trainer)
        check_writable(config.out)
        self.run_path = Path(config.out, config.experiment, f"seed-{config.seed_everything}")
        if self.subcommand != "fit" and config.ckpt_path is None:
            best = self.run_path / CHECKPOINTS / "best.ckpt"
            raise InputError(
                f"{self.subcommand} needs trained weights: --ckpt_path {best}"
                + ("" if best.exists() else ", which `fit` with this experiment makes")
            )
        if config.ckpt_path is not None and not Path(config.ckpt_path).is_file():
            raise InputError(f"--ckpt_path {config.ckpt_path}: no such file")

    def instantiate_classes(self) -> None:
        """Make model, data and trainer; a value that one of them refuses is an input error."""
        try:
            super().instantiate_classes()
        except (ValueError, TypeError, MisconfigurationException) as error:
            raise InputError(one_line(str(error))) from error

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Make the trainer with the callbacks and the logger of the run's folder."""
        config = self.config_init[self.subcommand]
        callbacks = list(config.trainer.callbacks or [])
        logger = config.trainer.logger
        if config.trainer.enable_progress_bar is not False:
            callbacks.append(EpochProgress())
        if self.subcommand == "fit" and not config.trainer.fast_dev_run:
            self.run_folder = RunFolder(self.run_path, self._config_text(), self._facts())
            callbacks += [self.run_folder, *_checkpoints(self.run_path / CHECKPOINTS)]
            if logger is None:
                logger = TensorBoardLogger(self.run_path, name="tensorboard", version="")
        if self.subcommand == "predict":
            callbacks.append(PredictionsFile(self.run_path / "predictions.csv"))
        return super().instantiate_trainer(callbacks=callbacks, logger=logger or False, **kwargs)

    def before_fit(self) -> None:
        """Check the data, and only then make the run's folder."""
        self.datamodule.prepare_data()
        _check_shapes(self.model, self.datamodule)
        config = self.config[self.subcommand]
        if not config.overwrite and config.ckpt_path is None and not config.trainer.fast_dev_run:
            refuse_finished(self.run_path, yaml.safe_load(self._config_text()))
        print(f"{config.experiment}, seed {config.seed_everything} -> {self.run_path}", flush=True)
        if not config.trainer.fast_dev_run:
            self.run_folder.create(keep=config.ckpt_path is not None)

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
            "changes": self._changes(config.experiment),
        }

    def _changes(self, experiment: str) -> list[str]:
        """How the settings differ from the experiment file's."""
        path = EXPERIMENTS / f"{experiment}.yaml"
        if not path.is_file():
            return []
        parser = self._parser(self.subcommand)
        base = parser.dump(parser.parse_args(["-c", str(path)]), skip_none=False)
        return changes(yaml.safe_load(self._config_text()), yaml.safe_load(base))


def run_trainer(args: Sequence[str]) -> None:
    """Run a subcommand of the Trainer, for example ``["fit", "-c", "experiment.yaml"]``.

    Raises:
        InputError: If the arguments or the data cannot be used.
        FinishedRunError: If the run's folder holds a finished run.
    """
    try:
        make_cli(ExperimentCLI, args)
    except MisconfigurationException as error:
        raise InputError(one_line(str(error))) from error


def check_arguments(args: Sequence[str]) -> None:
    """Parse the arguments of `run_trainer` and check them, without making anything.

    Raises:
        InputError: If they cannot be used.
    """
    make_cli(_CheckOnlyCLI, args)


class _CheckOnlyCLI(ExperimentCLI):
    def instantiate_classes(self) -> None:
        pass

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def make_cli(cli: type[ExperimentCLI], args: Sequence[str]) -> None:
    """Parse the arguments with `cli` and run what they ask for."""
    # Lightning advertises and warns of what is meant here; its errors are enough.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", module=name)
    commands = cli.subcommands()
    cli(
        pl.LightningModule,
        pl.LightningDataModule,
        subclass_mode_model=True,
        subclass_mode_data=True,
        trainer_defaults=TRAINER_DEFAULTS,
        parser_class=OneLineParser,
        parser_kwargs={"allow_abbrev": False}
        | {name: {"allow_abbrev": False} for name in commands},
        save_config_callback=None,
        auto_configure_optimizers=False,
        args=list(args),
    )


def _checkpoints(folder: Path) -> list[ModelCheckpoint]:
    """Keep the weights of the lowest validation loss and the latest ones."""
    return [
        best_checkpoint(folder),
        ModelCheckpoint(folder, "last", enable_version_counter=False),
    ]


def _check_trainer(trainer: Any) -> None:
    epochs = trainer.max_epochs
    if epochs is not None and epochs < 1:
        raise InputError(f"--trainer.max_epochs must be at least 1, got {epochs}")
    if trainer.accelerator in ("cuda", "gpu") and not torch.cuda.is_available():
        raise InputError(
            f"--trainer.accelerator {trainer.accelerator}: no CUDA device here; use auto or cpu"
        )
    if trainer.devices != 1:
        raise InputError(f"--trainer.devices must be 1, got {trainer.devices}")


def _check_shapes(model: pl.LightningModule, data: pl.LightningDataModule) -> None:
    if isinstance(data, ImageData) and "in_features" in model.hparams:
        pixels = math.prod(data.arrays.facts.shape)
        if model.hparams["in_features"] != pixels:
            raise InputError(
                f"model.in_features is {model.hparams['in_features']}, but an image of"
                f" {data.arrays.facts.name} has {pixels} values; give --model.in_features {pixels}"
            )
