"""``find-reuse -c <experiment>``: how many layers of a trained net to reuse for a new task."""

import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from jsonargparse import Namespace
from pytorch_lightning.cli import LightningArgumentParser
from tqdm import tqdm

from dnn_techniques.checks import check_seeds
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.layers.named_layers import net_of
from dnn_techniques.reuse import Freezing, Phase
from dnn_techniques.runs.attach_engine import attach_engine
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.plan_one import plan_one
from dnn_techniques.runs.prepare import Prepared, prepare
from dnn_techniques.runs.provenance import describe_data, describe_device, versions
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.run_folder import folder_name
from dnn_techniques.runs.seeds import DEFAULT_SEED, seed_data, seed_everything
from dnn_techniques.runs.stages import Base, Reuse, read_base, take_over
from dnn_techniques.runs.trials import split_trial
from dnn_techniques.studies.layers_to_reuse import (
    Candidate,
    best,
    candidates,
    candidates_table,
    conclusion,
    draw_candidates,
    hidden_layers,
    lowest_layers,
)
from dnn_techniques.terminal import fit, say, width


@dataclass(frozen=True)
class _Search:
    """What is compared.

    Attributes:
        prepared: What `fit` would train.
        name: Name of the experiment.
        command: The command as it was given, for the files.
    """

    prepared: Prepared
    name: str
    command: str

    @property
    def options(self) -> Namespace:
        return self.prepared.run.options

    @property
    def path(self) -> Path:
        """Path of all files that are written, without their suffixes."""
        return Path(self.options.out, self.name, "find-reuse")

    def run(self) -> None:
        """Train all candidates under all seeds, and write what was found."""
        options, data = self.options, self.prepared.data
        made = self.prepared.cli.config_init.fit
        hidden = self._hidden()
        first = options.seed_everything
        bases = {seed: self._base(seed) for seed in range(first, first + options.seeds)}
        tried = candidates(hidden)
        kept = [c for c in made.trainer.callbacks or [] if not isinstance(c, Freezing)]
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        say(f"{self.name}: {hidden} hidden layers of {made.reuse.run}")
        trainings = len(tried) * len(bases)
        with tqdm(total=trainings, leave=False, disable=None, file=sys.stdout) as bar:
            for candidate in tried:
                for seed, base in bases.items():
                    builds_on = made.reuse.run if candidate.reused else None
                    seed_everything(seed, builds_on)
                    seed_data(data, seed, builds_on)
                    module, phases = self._candidate(candidate, base)
                    callbacks = [*copy.deepcopy(kept), *phases]
                    trainer = pl.Trainer(**{**made.trainer, **quiet, "callbacks": callbacks})
                    attach_engine(trainer, options.engine)
                    trainer.fit(module, datamodule=data)
                    (figures,) = trainer.validate(module, data, verbose=False)
                    candidate.accuracies.append(figures["val_accuracy"])
                    candidate.losses.append(figures["val_loss"])
                    bar.update()
                said = ", ".join(f"{accuracy:.4f}" for accuracy in candidate.accuracies)
                bar.write(fit(f"{candidate.name:30s} val_accuracy {said}", width()))
                sys.stdout.flush()
        self._write(tried, bases, trainer.strategy.root_device)

    def _hidden(self) -> int:
        """Number of hidden layers to reuse, and that the net can be made with fewer."""
        module, names = self.prepared.module, self.prepared.reused
        hidden = len(hidden_layers(names))
        kind = type(module).__name__
        if not hidden or set(lowest_layers(net_of(module), hidden)) - set(names):
            raise InputError(
                f"find-reuse needs layers hidden1, hidden2, ... from the lowest up, {kind} reuses"
                f" {', '.join(names)}"
            )
        if len(self._model_arguments().get("hidden", ())) < hidden:
            raise InputError(f"find-reuse drops layers by the option hidden, which {kind} has not")
        return hidden

    def _model_arguments(self) -> dict[str, Any]:
        given: dict[str, Any] = self.options.model.init_args.as_dict()
        return given

    def _base(self, seed: int) -> Base:
        options, reuse = self.options, self.prepared.cli.config_init.fit.reuse
        seeds = options.seed_everything + options.seeds - DEFAULT_SEED
        make_it = f"make it: run {split_trial(reuse.run)[0]} --seeds {seeds} --out {options.out}"
        return read_base(reuse, Path(options.out), folder_name(seed), make_it)

    def _candidate(
        self, candidate: Candidate, base: Base
    ) -> tuple[pl.LightningModule, list[Freezing]]:
        """The net of a candidate with the reused weights, and its freezing."""
        options = self.options
        given = self._model_arguments()
        if candidate.dropped:
            given["hidden"] = given["hidden"][: candidate.reused]
        module = type(self.prepared.module)(**given)
        if not candidate.reused:
            return module, []
        reused = lowest_layers(net_of(module), candidate.reused)
        take_over(Reuse(options.reuse.run, reused), base, module)
        frozen = lowest_layers(net_of(module), candidate.frozen)
        if not options.warm_up or frozen == reused:
            return module, [Freezing([Phase(frozen)])]
        return module, [Freezing([Phase(reused), Phase(frozen, after=options.warm_up)])]

    def _write(
        self, tried: Sequence[Candidate], bases: dict[int, Base], device: torch.device
    ) -> None:
        options = self.options
        table, sentence = candidates_table(tried), conclusion(tried)
        path = self.path
        epochs = options.trainer.max_epochs
        facts = {
            "command": self.command,
            "experiment": self.name,
            "reuse": options.reuse.run,
            "seeds": list(bases),
            "epochs": epochs,
            "warm_up": options.warm_up,
            "data": describe_data(self.prepared.data),
            "device": describe_device(device),
            "versions": versions(),
        }
        found = {"best": best(tried).name, "candidates": [c.as_json() for c in tried]}
        how = f"`{self.command}`\n\nHidden layers of {options.reuse.run} in {self.name}:"
        how += f" {epochs} epochs, in the first {options.warm_up} of them all reused layers frozen;"
        how += f" mean ± standard deviation over {len(bases)} seeds, 99% intervals of the mean"
        how += " difference under the same seed.\n"
        write_text(path.with_suffix(".md"), f"{how}\n{table}\n{sentence}\n")
        write_json(path.with_suffix(".json"), facts | found)
        title = f"{self.name} on layers of {options.reuse.run}, {len(bases)} seeds"
        write_figure(path.with_suffix(".png"), draw_candidates(tried, title))
        say(f"\n{table}\n{sentence}\n{path.parent}: {path.name}.md, .json, .png")


@quiet_lightning()
def find_reuse(words: Sequence[str], command: str) -> None:
    """Try the candidates with the options of `fit`, ``seeds`` and ``warm_up``.

    Args:
        words: The options.
        command: The command as it was given, for the files.

    Raises:
        InputError: If the options, the data or the reused run cannot be used.
    """
    cli = ExperimentCLI("fit", words, _add_options, "find-reuse")
    name = cli.options.experiment or "unnamed"
    run = plan_one(cli, words)
    _check(run.options, name)
    search = _Search(prepare(run, more=_add_options), name, command)
    if search.path.with_suffix(".json").exists() and not run.options.overwrite:
        raise InputError(
            f"{search.path}.json is there already; give --overwrite true or another --out"
        )
    search.run()


def _add_options(parser: LightningArgumentParser) -> None:
    parser.add_argument(
        "--seeds", type=int, default=3, help="Number of seeds, from --seed_everything up."
    )
    parser.add_argument(
        "--warm_up",
        type=int,
        default=4,
        help="Epochs in which all reused layers are frozen, for the new ones to settle.",
    )


def _check(options: Namespace, name: str) -> None:
    if options.reuse is None:
        raise InputError(f"find-reuse: {name} reuses no run; name one: --reuse.run GROUP/NAME")
    if options.optimizer:
        raise InputError("find-reuse trains each candidate with the module's own optimizer")
    check_seeds(options.seeds)
    epochs = options.trainer.max_epochs or 0
    if not 0 <= options.warm_up < epochs:
        raise InputError(
            f"--warm_up must be from 0 to {epochs - 1}, below --trainer.max_epochs,"
            f" got {options.warm_up}"
        )
    if options.trainer.fast_dev_run:
        raise InputError("--trainer.fast_dev_run trains nothing that find-reuse could compare")
