"""``find-reuse -c <experiment>``: how many layers of a trained net to reuse for a new task."""

import copy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.cli import LightningArgumentParser
from tqdm import tqdm

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.modules import Classifier
from dnn_techniques.reuse import Freezing, Phase
from dnn_techniques.study.layers_to_reuse import (
    Candidate,
    best,
    candidates,
    candidates_table,
    conclusion,
    draw_candidates,
    hidden_layers,
    lowest_layers,
)
from dnn_techniques.study.provenance import describe_data, describe_device, versions
from dnn_techniques.study.run_folder import folder_name
from dnn_techniques.study.stages import (
    Base,
    Reuse,
    random_seed,
    read_base,
    reused_layers,
    take_over,
)
from dnn_techniques.trainer_cli import DEFAULT_SEED, ExperimentCLI, make_cli


class _FindReuseCLI(ExperimentCLI):
    """Makes what `fit` would train, and trains all candidates instead."""

    command = ""

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        super().add_default_arguments_to_parser(parser)
        parser.add_argument(
            "--seeds", type=int, default=3, help="Number of seeds, from --seed_everything up."
        )
        parser.add_argument(
            "--warm_up",
            type=int,
            default=4,
            help="Epochs in which all reused layers are frozen, for the new ones to settle.",
        )

    def before_instantiate_classes(self) -> None:
        super().before_instantiate_classes()
        config = self.config[self.subcommand]
        if config.reuse is None:
            raise InputError(
                f"find-reuse: {config.experiment} reuses no run; name one: --reuse.run GROUP/NAME"
            )
        if config.seeds < 1:
            raise InputError(f"--seeds must be at least 1, got {config.seeds}")
        epochs = config.trainer.max_epochs
        if not 0 <= config.warm_up < epochs:
            raise InputError(
                f"--warm_up must be from 0 to {epochs - 1}, below --trainer.max_epochs,"
                f" got {config.warm_up}"
            )
        if config.trainer.fast_dev_run:
            raise InputError("--trainer.fast_dev_run trains nothing that find-reuse could compare")
        if self._results.with_suffix(".json").exists() and not config.overwrite:
            raise InputError(
                f"{self._results}.json is there already; give --overwrite true or another --out"
            )

    @property
    def _results(self) -> Path:
        """Path of all files that are written, without their suffixes."""
        return self.run_path.parent / "find-reuse"

    def before_fit(self) -> None:
        """Make no run folder."""

    def after_fit(self) -> None:
        """Test nothing: no net is left."""

    def fit(self, **kwargs: Any) -> None:
        config, made = self.config[self.subcommand], self.config_init[self.subcommand]
        hidden = self._hidden()
        first = config.seed_everything
        bases = {seed: self._base(seed) for seed in range(first, first + config.seeds)}
        tried = candidates(hidden)
        options = {**made.trainer, "logger": False, "enable_checkpointing": False}
        options |= {"enable_progress_bar": False}
        kept = [c for c in options["callbacks"] or [] if not isinstance(c, Freezing)]
        print(f"{config.experiment}: {hidden} hidden layers of {made.reuse.run}", flush=True)
        trainings = len(tried) * len(bases)
        with tqdm(total=trainings, leave=False, disable=None, file=sys.stdout) as bar:
            for candidate in tried:
                for seed, base in bases.items():
                    pl.seed_everything(seed, verbose=False)
                    torch.manual_seed(
                        random_seed(seed, made.reuse.run if candidate.reused else None)
                    )
                    module, phases = self._candidate(candidate, base)
                    options["callbacks"] = [*copy.deepcopy(kept), *phases]
                    trainer = pl.Trainer(**options)
                    trainer.fit(module, datamodule=self.datamodule)
                    (figures,) = trainer.validate(module, self.datamodule, verbose=False)
                    candidate.accuracies.append(figures["val_accuracy"])
                    candidate.losses.append(figures["val_loss"])
                    bar.update()
                said = ", ".join(f"{accuracy:.4f}" for accuracy in candidate.accuracies)
                bar.write(f"{candidate.name:30s} val_accuracy {said}")
                sys.stdout.flush()
        self._write(tried, bases)

    def _hidden(self) -> int:
        """Number of hidden layers to reuse, and that the net can be made with fewer."""
        if not isinstance(self.model, Classifier):
            raise InputError(f"find-reuse needs a Classifier, got {type(self.model).__name__}")
        reuse = self.config_init[self.subcommand].reuse
        names = reused_layers(reuse, self.model)
        hidden = len(hidden_layers(names))
        kind = type(self.model).__name__
        if not hidden or set(lowest_layers(self.model.net, hidden)) - set(names):
            raise InputError(
                f"find-reuse needs layers hidden1, hidden2, ... from the lowest up, {kind} reuses"
                f" {', '.join(names)}"
            )
        if len(self._model_arguments().get("hidden", ())) < hidden:
            raise InputError(f"find-reuse drops layers by the option hidden, which {kind} has not")
        return hidden

    def _model_arguments(self) -> dict[str, Any]:
        given: dict[str, Any] = self.config[self.subcommand].model.init_args.as_dict()
        return given

    def _base(self, seed: int) -> Base:
        config = self.config_init[self.subcommand]
        seeds = config.seed_everything + config.seeds - DEFAULT_SEED
        make_it = f"make it: run {config.reuse.run} --seeds {seeds} --out {config.out}"
        return read_base(config.reuse, Path(config.out), folder_name(seed), make_it)

    def _candidate(self, candidate: Candidate, base: Base) -> tuple[Classifier, list[Freezing]]:
        """The net of a candidate with the reused weights, and its freezing."""
        config = self.config_init[self.subcommand]
        given = self._model_arguments()
        if candidate.dropped:
            given["hidden"] = given["hidden"][: candidate.reused]
        module = type(self.model)(**given)
        if not candidate.reused:
            return module, []
        reused = lowest_layers(module.net, candidate.reused)
        take_over(Reuse(config.reuse.run, reused), base, module)
        frozen = lowest_layers(module.net, candidate.frozen)
        if not config.warm_up or frozen == reused:
            return module, [Freezing([Phase(frozen)])]
        return module, [Freezing([Phase(reused), Phase(frozen, after=config.warm_up)])]

    def _write(self, tried: Sequence[Candidate], bases: dict[int, Base]) -> None:
        config = self.config[self.subcommand]
        table, sentence = candidates_table(tried), conclusion(tried)
        path = self._results
        epochs = config.trainer.max_epochs
        facts = {
            "command": self.command,
            "experiment": config.experiment,
            "reuse": config.reuse.run,
            "seeds": list(bases),
            "epochs": epochs,
            "warm_up": config.warm_up,
            "data": describe_data(self.datamodule),
            "device": describe_device(self.trainer.strategy.root_device),
            "versions": versions(),
        }
        found = {"best": best(tried).name, "candidates": [c.as_json() for c in tried]}
        how = f"`{self.command}`\n\nHidden layers of {config.reuse.run} in {config.experiment}:"
        how += f" {epochs} epochs, in the first {config.warm_up} of them all reused layers frozen;"
        how += f" mean ± standard deviation over {len(bases)} seeds, 99% intervals of the mean"
        how += " difference under the same seed.\n"
        write_text(path.with_suffix(".md"), f"{how}\n{table}\n{sentence}\n")
        write_json(path.with_suffix(".json"), facts | found)
        title = f"{config.experiment} on layers of {config.reuse.run}, {len(bases)} seeds"
        write_figure(path.with_suffix(".png"), draw_candidates(tried, title))
        print(f"\n{table}\n{sentence}\n{path.parent}: {path.name}.md, .json, .png")


def find_reuse(args: Sequence[str], command: str) -> None:
    """Try the candidates with the arguments of `fit`, ``seeds`` and ``warm_up``.

    Args:
        args: The arguments.
        command: The command as it was given, for the files.

    Raises:
        InputError: If the arguments, the data or the reused run cannot be used.
    """
    _FindReuseCLI.command = command
    make_cli(_FindReuseCLI, ["fit", *args])
