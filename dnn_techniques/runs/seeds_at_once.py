"""Making the runs of an experiment under several seeds in one training: ``run --stacked``."""

import contextlib
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace
from torch import Tensor

from dnn_techniques.callbacks import EpochProgress
from dnn_techniques.data import Batches, ImageData, PlaneData, ShuffledBatches
from dnn_techniques.engine.graph import why_not_recordable
from dnn_techniques.engine.stacked import FiguresBySeed, StackedClassifier, why_not_stackable
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_text
from dnn_techniques.modules import Classifier
from dnn_techniques.runs.attach_engine import attach_engine
from dnn_techniques.runs.checkpoint_file import read_checkpoint, weights_alone
from dnn_techniques.runs.digest import digest_of_weights
from dnn_techniques.runs.pool import Task
from dnn_techniques.runs.prepare import Prepared, Run, prepare
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.recording import RunFolder
from dnn_techniques.runs.run_folder import (
    BEST,
    CONFIG,
    LAST,
    RESULT,
    clear,
    held,
    read_result,
)
from dnn_techniques.runs.train import begin, measure
from dnn_techniques.terminal import note, say

State = dict[str, Tensor]

# Of which every seed sees the same samples, in another order.
SameForAll = ImageData | PlaneData


@dataclass(frozen=True)
class _Member:
    """A run of the stack: what `train` would have made, and its folder."""

    prepared: Prepared
    folder: RunFolder

    @property
    def module(self) -> Classifier:
        assert isinstance(self.prepared.module, Classifier)
        return self.prepared.module

    @property
    def data(self) -> SameForAll:
        assert isinstance(self.prepared.data, SameForAll)
        return self.prepared.data


def train_seeds_at_once(tasks: Sequence[Task]) -> list[Task]:
    """Make those runs that may be trained together and can be, and return the others in order."""
    left = list(tasks)
    for name in dict.fromkeys(task.work.name for task in tasks):
        same = [task for task in left if task.work.name == name]
        waiting = {task.name for task in left}
        if not any(task.after in waiting for task in same):
            alone = train_at_once(same)
            left = [task for task in left if task not in same or task in alone]
    return left


@quiet_lightning()
def train_at_once(tasks: Sequence[Task]) -> list[Task]:
    """Make the runs that can be made together.

    Each gets the folder that it would get alone, with the same figures up to rounding; the seconds
    are those of all. Checkpoints are written in the end: an interrupted training begins anew, with
    those that were finished by then, whose folders stay as they are.

    Args:
        tasks: Runs of one experiment that differ in their seeds.

    Returns:
        The runs that are left: those begun or finished earlier, or all, if they cannot be made
        together; why is said.
    """
    new = [task for task in tasks if not _begun(task.work)]
    together = _interrupted_stack(tasks, new) or new
    if len(together) < 2:
        return list(tasks)
    prepared = [prepare(task.work) for task in together]
    reason = _why_alone(prepared[0])
    if reason:
        say(f"{new[0].work.name}, one seed after the other: {reason}")
        return list(tasks)
    with contextlib.ExitStack() as stack:
        spare = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        members = [
            _Member(p, RunFolder(p.run.path if task in new else spare, begin(p)))
            for task, p in zip(together, prepared, strict=True)
        ]
        own = [member for member in members if member.folder.path != spare]
        for member in own:
            stack.enter_context(held(member.folder.path, Path(member.prepared.run.options.out)))
            if _begun(member.prepared.run):
                raise InputError(
                    f"{member.folder.path}: another process made this run meanwhile; give the"
                    " command again"
                )
        for member in own:
            clear(member.folder.path)
            member.folder.facts["stacked_seeds"] = [_seed(task) for task in together]
            write_text(member.folder.path / CONFIG, member.prepared.cli.text())
        best, last = _train(members)
        for member, its_best, its_last in zip(members, best, last, strict=True):
            if member.folder.path != spare:
                _finish(member, its_best, its_last)
            else:
                _compare(member, its_last)
    made = [task for task in together if task in new]
    return train_at_once([task for task in tasks if task not in made])


def _interrupted_stack(tasks: Sequence[Task], new: Sequence[Task]) -> list[Task]:
    """The runs of a stack that was interrupted when some of them were finished."""
    if not new or new[0].work.options.overwrite:
        return []
    seeds = {_seed(task) for task in new}
    for task in tasks:
        if (task.work.path / RESULT).exists():
            stacked = set(read_result(task.work.path).get("stacked_seeds", []))
            if seeds & stacked and stacked <= {_seed(task) for task in tasks}:
                return [task for task in tasks if _seed(task) in stacked]
    return []


def _seed(task: Task) -> int:
    return int(task.work.options.seed_everything)


def _begun(run: Run) -> bool:
    """Whether there is a finished run, or one to go on with: no stack that was interrupted."""
    last = run.path / LAST
    if (run.path / RESULT).exists() or not last.exists() or run.options.overwrite:
        return last.exists() or (run.path / RESULT).exists()
    return not weights_alone(read_checkpoint(last, "--overwrite true starts the run anew"))


def _why_alone(prepared: Prepared) -> str | None:
    options = prepared.run.options
    if not isinstance(prepared.module, Classifier) or not isinstance(prepared.data, SameForAll):
        return (
            "only a Classifier on ImageData or PlaneData can be trained for several seeds at once"
        )
    if options.trainer.callbacks or options.optimizer:
        return "callbacks and --optimizer are for one net"
    if not _validates_after_every_epoch(options.trainer):
        return "a stack needs a validation after every epoch"
    if options.replay:
        return "a replay has its own order and masks"
    return why_not_stackable(prepared.module)


def _validates_after_every_epoch(trainer: Namespace) -> bool:
    return (
        trainer.limit_val_batches != 0
        and trainer.check_val_every_n_epoch == 1
        and trainer.val_check_interval in (None, 1.0)
        and trainer.max_steps == -1
        and trainer.max_time is None
    )


def _train(members: Sequence[_Member]) -> tuple[list[State], list[State]]:
    """Best and last weights of every member."""
    stacked = StackedClassifier([member.module for member in members])
    by_seed = FiguresBySeed()
    folders = _Folders([member.folder for member in members], by_seed)
    made = members[0].prepared.cli.config_init.fit.trainer
    callbacks: list[pl.Callback] = [by_seed, folders]
    if made.enable_progress_bar is not False:
        callbacks.append(EpochProgress())
    options = {**made, "callbacks": callbacks, "logger": False, "enable_checkpointing": False}
    trainer = pl.Trainer(**options)
    if not why_not_recordable(members[0].module):  # the stack hides its members' layers
        attach_engine(trainer, members[0].prepared.run.options.engine)
    trainer.fit(stacked, datamodule=_StackedData([member.data for member in members]))
    return folders.best, stacked.members()


def _finish(member: _Member, best: State, last: State) -> None:
    module, folder = member.module, member.folder
    trainer = member.prepared.cli.make_trainer([], logger=False)
    module.net.load_state_dict(last)
    train, test = measure(trainer, module, member.data)
    for path, state in ((BEST, best), (LAST, last)):
        module.net.load_state_dict(state)
        trainer.save_checkpoint(folder.path / path, weights_only=True)
    folder.finish(module, trainer.strategy.root_device, train, test)


def _compare(member: _Member, last: State) -> None:
    """Say it if a run that was finished before has other digits than the stack has now."""
    path = member.prepared.run.path
    member.module.net.load_state_dict(last)
    if read_result(path).get("weights_sha256") != digest_of_weights(member.module.state_dict()):
        note(
            f"{path} was finished with other last digits, on another device or with other"
            " --threads perhaps; the other seeds have today's"
        )


class _StackedData(pl.LightningDataModule):
    """One data set, in the orders of all seeds."""

    def __init__(self, parts: Sequence[SameForAll]) -> None:
        super().__init__()
        self.parts = parts

    def setup(self, stage: str) -> None:
        first = self.parts[0]
        first.trainer = self.trainer
        first.setup(stage)
        for part in self.parts[1:]:
            part.train, part.valid = first.train, first.valid
            part.seed_order()

    def train_dataloader(self) -> ShuffledBatches:
        first = self.parts[0]

        def orders(n: int) -> Tensor:
            return torch.stack([part.order(n) for part in self.parts], dim=1)

        return ShuffledBatches(*first.train, first.batch_size, orders)

    def val_dataloader(self) -> Batches:
        return self.parts[0].val_dataloader()


class _Folders(pl.Callback):
    """Writes each seed's figures to its folder, and keeps its best weights."""

    def __init__(self, folders: Sequence[RunFolder], by_seed: FiguresBySeed) -> None:
        self.folders = folders
        self.by_seed = by_seed
        self.best: list[State] = [{} for _ in folders]
        self.lowest = [math.inf] * len(folders)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        for folder in self.folders:
            folder.on_train_epoch_start(trainer, pl_module)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        for folder in self.folders:
            folder.on_train_batch_start(trainer, pl_module, batch, batch_idx)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, StackedClassifier)
        figures = {name: values.tolist() for name, values in self.by_seed.figures.items()}
        states = pl_module.members()
        for i, folder in enumerate(self.folders):
            values = {name: of_seeds[i] for name, of_seeds in figures.items()}
            folder.add_row(trainer, values, list(self.by_seed.losses[i]))
            if not self.best[i] or values["val_loss"] < self.lowest[i]:
                self.best[i], self.lowest[i] = states[i], values["val_loss"]
