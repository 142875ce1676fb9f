"""Training one run: data, module, reused weights, replay, Trainer, figures."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import yaml
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.model_helpers import is_overridden

from dnn_techniques import terminal
from dnn_techniques.callbacks import EpochProgress, PrintedMeans
from dnn_techniques.data import ImageData, InMemoryData
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_text
from dnn_techniques.memory import check_room
from dnn_techniques.modules import Experiment
from dnn_techniques.replay import replay_run
from dnn_techniques.runs.attach_engine import attach_engine
from dnn_techniques.runs.options import as_input_errors
from dnn_techniques.runs.prepare import Prepared, Run, prepare
from dnn_techniques.runs.provenance import describe_data
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.recording import RunFolder
from dnn_techniques.runs.resume import check_continuation, checkpoint_to_resume
from dnn_techniques.runs.run_folder import (
    CHECKPOINTS,
    CONFIG,
    LAST,
    RESULT,
    TENSORBOARD,
    clear,
    held,
    read_config,
)
from dnn_techniques.runs.seeds import DEFAULT_SEED
from dnn_techniques.runs.stages import Base, read_base, take_over
from dnn_techniques.runs.trials import split_trial

Show = Callable[[str], None]


@quiet_lightning()
def train(run: Run, progress: pl.Callback | None = None, say: Show = terminal.say) -> None:
    """Make a run, or go on with it where it was interrupted.

    Args:
        run: The run.
        progress: Shows the epochs; `EpochProgress` by default.
        say: Gets the lines beside those of the epochs.

    Raises:
        InputError: If it cannot be made.
        FinishedRunError: If its folder holds a finished run.
    """
    prepared = prepare(run)
    options = run.options
    how = "replayed" if options.replay else f"seed {options.seed_everything}"
    say(f"{run.name}, {how} -> {run.path}")
    folder = RunFolder(run.path, begin(prepared))
    callbacks = [replay(prepared)] if options.replay else []
    if isinstance(prepared.module, Experiment):
        callbacks.append(PrintedMeans())
    if options.trainer.enable_progress_bar is not False:
        callbacks.append(progress or EpochProgress())
    if options.trainer.fast_dev_run:
        _fit(_trainer(prepared, callbacks, say), prepared)
        return
    checkpoint = _checkpoint(prepared, folder.facts)
    callbacks.append(folder)
    if options.trainer.enable_checkpointing is not False:
        callbacks += checkpoints(run.path / CHECKPOINTS)
    trainer = _trainer(prepared, callbacks, say)
    if not trainer.is_global_zero:
        _fit(trainer, prepared, checkpoint)
        return
    with held(run.path, Path(options.out)):
        checkpoint = _checkpoint(prepared, folder.facts)  # another process may have finished it
        if checkpoint is None:
            clear(run.path)
        else:
            say(f"going on from {checkpoint}")
            begun = read_config(run.path)
            for name in ("threads", "engine"):
                if (old := begun.get(name)) != (new := options[name]):
                    begun_with = f"{run.path} was begun with --{name} {old}"
                    terminal.note(f"{begun_with}: with {new} last digits may differ")
            (run.path / RESULT).unlink(missing_ok=True)  # from here on the run is longer
        write_text(run.path / CONFIG, prepared.cli.text())
        try:
            train_figures, test_figures = _fit(trainer, prepared, checkpoint)
        except Exception:
            if not (run.path / LAST).exists():  # nothing to go on with
                clear(run.path)
            raise
        if not folder.rows and options.trainer.max_epochs != 0:
            raise InputError(f"{run.path}: the training ended before an epoch did; give it longer")
        if options.trainer.max_epochs == 0:
            _measure_only(trainer, prepared, folder)
        folder.finish(prepared.module, trainer.strategy.root_device, train_figures, test_figures)
        _log_best(trainer, prepared.module, folder)


def begin(prepared: Prepared) -> dict[str, Any]:
    """Say what is trained, and take over what it builds on.

    Returns:
        What result.json says of the run beside its figures.

    Raises:
        InputError: If the run that it builds on is not there or does not fit.
    """
    run, options = prepared.run, prepared.run.options
    facts = {
        "experiment": run.name,
        "documented": options.documented,
        "seed": options.seed_everything,
        "changes": list(run.changes),
        "data": describe_data(prepared.data),
    }
    base = begin_with_base(prepared)
    if base is None:
        return facts
    return facts | {"built_on": base.facts, "changes": [*run.changes, *base.changes]}


def begin_with_base(prepared: Prepared) -> Base | None:
    """Take over the weights of the run that this one builds on, if it does.

    Raises:
        InputError: If they are not there or do not fit.
    """
    options, reuse = prepared.run.options, prepared.cli.config_init.fit.reuse
    if reuse is None:
        return None
    how = "--replay" if options.replay else f"--seeds {options.seed_everything - DEFAULT_SEED + 1}"
    make_it = f"make it: run {split_trial(reuse.run)[0]} {how} --out {options.out}"
    base = read_base(reuse, Path(options.out), prepared.run.path.name, make_it)
    take_over(reuse, base, prepared.module)
    return base


def replay(prepared: Prepared) -> pl.Callback:
    """Give a run Keras's random numbers.

    Raises:
        InputError: If it has a layer or an option for which there are none.
    """
    options = prepared.run.options
    if not isinstance(prepared.data, ImageData):
        raise InputError("--replay needs ImageData, as the experiments have")
    keras = prepared.cli.config_init.fit.tensorflow
    with as_input_errors():
        return replay_run(
            prepared.module, prepared.data, keras, options.perturbation, prepared.reused
        )


def _checkpoint(prepared: Prepared, facts: dict[str, Any]) -> Path | None:
    """The checkpoint with which the run goes on, if it does."""
    run, options = prepared.run, prepared.run.options
    config = yaml.safe_load(prepared.cli.text())
    if options.ckpt_path is not None:
        check_continuation(run.path, Path(options.ckpt_path), config, prepared.module)
        return Path(options.ckpt_path)
    if options.overwrite:
        return None
    return checkpoint_to_resume(run.path, config, facts, prepared.module)


def _trainer(prepared: Prepared, callbacks: list[pl.Callback], say: Show) -> pl.Trainer:
    options, path = prepared.run.options, prepared.run.path
    made = prepared.cli.config_init.fit.trainer
    if made.default_root_dir is None:
        made.default_root_dir = str(path)  # where a checkpoint goes that has no folder
    logger = made.logger
    if logger in (None, True) and not options.trainer.fast_dev_run:
        logger = TensorBoardLogger(path, TENSORBOARD, version="", default_hp_metric=False)
    if logger:
        callbacks = [*callbacks, LearningRateMonitor("step")]
    trainer = prepared.cli.make_trainer(callbacks, logger or False)
    attach_engine(trainer, options.engine, say)
    return trainer


def _fit(
    trainer: pl.Trainer, prepared: Prepared, checkpoint: Path | None = None
) -> tuple[dict[str, float], dict[str, float]]:
    """Train, and measure the trained weights."""
    module, data = prepared.module, prepared.data
    check_room()
    trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    return measure(trainer, module, data)


def _measure_only(trainer: pl.Trainer, prepared: Prepared, folder: RunFolder) -> None:
    """Keep weights that are not trained, and the figures of the validation samples under them."""
    loader, folder.epoch_start = prepared.data.val_dataloader(), time.perf_counter()
    (figures,) = trainer.validate(prepared.module, loader, verbose=False)
    folder.add_row(trainer, dict(figures))
    trainer.save_checkpoint(folder.path / LAST, weights_only=True)


def measure(
    trainer: pl.Trainer, module: pl.LightningModule, data: pl.LightningDataModule
) -> tuple[dict[str, float], dict[str, float]]:
    """Figures of the weights as they are on the training and on the test samples.

    Of foreign data only the test samples are known, and only if there are any.
    """
    train, test = {}, {}
    if isinstance(data, InMemoryData):
        loggers, trainer.loggers = trainer.loggers, []  # this is no validation of an epoch
        train = _without_prefix(trainer.validate(module, data.train_batches(), verbose=False))
        trainer.loggers = loggers
    if is_overridden("test_dataloader", data) and is_overridden("test_step", module):
        test = _without_prefix(trainer.test(module, datamodule=data, verbose=False))
    return train, test


def _without_prefix(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """``{"loss": 1.0}`` of ``[{"test_loss": 1.0}]``, what the Trainer returns for one loader."""
    return {
        name.removeprefix("val_").removeprefix("test_"): value
        for of_loader in figures
        for name, value in of_loader.items()
    }


class _BestCheckpoint(ModelCheckpoint):
    """Keeps the weights of the lowest validation loss, if there is one."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if "val_loss" in trainer.callback_metrics:
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the scores so far; Lightning drops them when the folder was moved."""

        def here(path: str) -> str:
            return str(Path(self.dirpath or "", Path(path).name)) if path else path

        moved: dict[str, Any] = {
            name: here(path) for name, path in state_dict.items() if name.endswith("_path")
        }
        scores = {here(path): score for path, score in state_dict["best_k_models"].items()}
        moved |= {"dirpath": self.dirpath, "best_k_models": scores}
        super().load_state_dict(state_dict | moved)


class _LastCheckpoint(ModelCheckpoint):
    """Has a name of its own, so that a checkpoint keeps its state apart from the options' ones."""


def checkpoints(folder: Path) -> list[pl.Callback]:
    """Keep the weights of the lowest validation loss and the latest ones, after every epoch."""
    fixed: dict[str, Any] = {"enable_version_counter": False, "save_on_train_epoch_end": True}
    return [
        _BestCheckpoint(folder, "best", monitor="val_loss", save_top_k=1, **fixed),
        _LastCheckpoint(folder, "last", **fixed),
    ]


def _log_best(trainer: pl.Trainer, module: pl.LightningModule, folder: RunFolder) -> None:
    """Tell TensorBoard the best validation accuracy, or without one the lowest loss."""
    accuracies = [row["val_accuracy"] for row in folder.rows if "val_accuracy" in row]
    best = max(accuracies) if accuracies else (folder.best or {}).get("val_loss")
    for logger in trainer.loggers if best is not None else []:
        if isinstance(logger, TensorBoardLogger):
            logger.log_hyperparams(dict(module.hparams), {"hp_metric": best})
            logger.finalize("success")
