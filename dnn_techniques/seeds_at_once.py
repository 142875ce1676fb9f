"""Making the runs of an experiment under several seeds in one training, for GPUs."""

import math
from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.data import ImageData, ShuffledBlocks
from dnn_techniques.data.minibatches import Batches
from dnn_techniques.modules import Classifier
from dnn_techniques.modules.stacked import StackedClassifier, why_not_stackable
from dnn_techniques.runner import PlannedRun
from dnn_techniques.study.run_folder import BEST, COLUMNS, LAST, RESULT, RunFolder
from dnn_techniques.trainer_cli import ExperimentCLI, make_cli

State = dict[str, Tensor]


def train_seeds_at_once(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Make those runs that may be trained together and can be, and return the others in order."""
    left = list(runs)
    for name in dict.fromkeys(run.together for run in runs if run.together):
        same = [run for run in left if run.together == name]
        waiting = {run.name for run in left}
        if not any(run.after in waiting for run in same):
            alone = train_at_once(same)
            left = [run for run in left if run not in same or run in alone]
    return left


def train_at_once(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Make the runs that can be made together.

    Each gets the folder that it would get alone, with the same figures up to rounding; the seconds
    are those of all. Checkpoints are written in the end: an interrupted training begins anew.

    Args:
        runs: Runs of one experiment that differ in their seeds.

    Returns:
        The runs that are left: those begun or finished earlier, or all, if they cannot be made
        together; why is said.
    """
    members = [_member(run) for run in runs]
    new = [m for m in members if not any((m.run_path / name).exists() for name in (LAST, RESULT))]
    reason = _why_alone(members[0])
    if reason:
        print(f"{members[0].experiment}, one seed after the other: {reason}", flush=True)
    if reason or len(new) < 2:
        return list(runs)
    for member in new:
        member.run_folder.facts["seeds_at_once"] = len(new)
        member.before_fit()
    best, last = _train(new)
    for member, its_best, its_last in zip(new, best, last, strict=True):
        _finish(member, its_best, its_last)
    return [run for run, member in zip(runs, members, strict=True) if member not in new]


class _MemberCLI(ExperimentCLI):
    """Makes what a run needs and leaves the training to others."""

    @property
    def experiment(self) -> str:
        name: str = self.config[self.subcommand].experiment
        return name

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def _member(run: PlannedRun) -> _MemberCLI:
    cli = make_cli(_MemberCLI, run.args)
    assert isinstance(cli, _MemberCLI)
    return cli


def _why_alone(member: _MemberCLI) -> str | None:
    if not isinstance(member.model, Classifier) or not isinstance(member.datamodule, ImageData):
        return "only a Classifier on ImageData can be trained for several seeds at once"
    if member.config[member.subcommand].trainer.callbacks:
        return "the trainer's callbacks see one net"
    return why_not_stackable(member.model)


def _train(members: Sequence[_MemberCLI]) -> tuple[list[State], list[State]]:
    """Best and last weights of every member."""
    stacked = StackedClassifier([member.model for member in members])
    folders = _Folders([member.run_folder for member in members])
    options = dict(members[0].config_init[members[0].subcommand].trainer)
    options |= {"callbacks": [folders], "logger": False, "enable_checkpointing": False}
    if options["enable_progress_bar"] is not False:
        options["callbacks"].append(members[0].progress())
    trainer = pl.Trainer(**options)
    trainer.fit(stacked, datamodule=_StackedData(members))
    return folders.best, stacked.members()


def _finish(member: _MemberCLI, best: State, last: State) -> None:
    member.model.net.load_state_dict(last)
    train, test = member.measure()
    for path, state in ((BEST, best), (LAST, last)):
        member.model.net.load_state_dict(state)
        member.trainer.save_checkpoint(member.run_path / path, weights_only=True)
    member.run_folder.finish(member.model, train, test)


class _StackedData(pl.LightningDataModule):
    """One data set, in the orders of all seeds."""

    def __init__(self, members: Sequence[_MemberCLI]) -> None:
        super().__init__()
        self.parts: list[ImageData] = [member.datamodule for member in members]
        self.seeds = [member.random_seed for member in members]

    def setup(self, stage: str) -> None:
        first = self.parts[0]
        first.trainer = self.trainer
        first.setup(stage)
        for part, seed in zip(self.parts, self.seeds, strict=True):
            part.train, part.valid = first.train, first.valid
            part.generator.manual_seed(seed)

    def train_dataloader(self) -> ShuffledBlocks:
        first = self.parts[0]

        def orders(n: int) -> Tensor:
            return torch.stack([part.order(n) for part in self.parts], dim=1)

        return ShuffledBlocks(*first.train, first.batch_size, orders)

    def val_dataloader(self) -> Batches:
        batches: Batches = self.parts[0].val_dataloader()
        return batches


class _Folders(pl.Callback):
    """Writes each seed's figures to its folder, and keeps its best weights."""

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        self.folders = folders
        self.best: list[State] = [{} for _ in folders]
        self.lowest = [math.inf] * len(folders)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        for folder in self.folders:
            folder.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, StackedClassifier)
        figures = {k: v.tolist() for k, v in pl_module.figures.items() if k in COLUMNS}
        states = pl_module.members()
        for i, folder in enumerate(self.folders):
            values = {name: of_seeds[i] for name, of_seeds in figures.items()}
            folder.add_row(trainer, values)
            if not self.best[i] or values["val_loss"] < self.lowest[i]:
                self.best[i], self.lowest[i] = states[i], values["val_loss"]

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        for folder in self.folders:
            folder.on_exception(trainer, pl_module, exception)
