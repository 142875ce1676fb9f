"""The options of a run: Lightning's, and what every run has beside trainer, model and data."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import pytorch_lightning as pl
import yaml
from jsonargparse import ActionConfigFile, Namespace  # type: ignore[attr-defined]
from lightning_fabric.plugins import CheckpointIO
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ProgressBar
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

from dnn_techniques.errors import InputError
from dnn_techniques.replay import KerasRun
from dnn_techniques.runs.atomic_checkpoints import AtomicCheckpointIO
from dnn_techniques.runs.experiments import single
from dnn_techniques.runs.option_errors import OneLineParser, one_line
from dnn_techniques.runs.seeds import DEFAULT_SEED
from dnn_techniques.runs.stages import Reuse
from dnn_techniques.runs.trials import as_tree

Engine = Literal["fast", "plain"]
More = Callable[[LightningArgumentParser], None]

TRAINER_DEFAULTS = {
    "accelerator": "auto",
    "devices": 1,
    "deterministic": True,
    "num_sanity_val_steps": 0,
    "enable_model_summary": False,
}


def add_nothing(parser: LightningArgumentParser) -> None:
    """Add no further options."""


def add_run_options(parser: LightningArgumentParser) -> None:
    """Add what every run has beside trainer, model and data."""
    add = parser.add_argument
    add("--seed_everything", type=int, default=DEFAULT_SEED, help="Seed of weights and batches.")
    add(
        "--experiment",
        type=str | None,
        default=None,
        help="Name of the run's folder (default: the experiment file's, and what differs from it).",
    )
    add(
        "--documented",
        type=str | None,
        default=None,
        help="Documented run to compare with, an id in documented_results.json.",
    )
    add(
        "--engine",
        type=Engine,
        default="fast",
        help="How the net is trained: fast, or plain (Lightning alone).",
    )
    add(
        "--sweep",
        type=dict[str, Any] | None,
        default=None,
        help="Options with lists of values, for `run` to combine: --sweep.lr '[.001,.01]'.",
    )
    add(
        "--tensorflow",
        type=KerasRun | None,
        default=None,
        help="Where the random numbers of the documented run came from.",
    )
    add(
        "--reuse",
        type=Reuse | None,
        default=None,
        help="The earlier run whose weights the net begins with, and in which layers.",
    )
    add(
        "--replay",
        action="store_true",
        help="Train on the documented run's own weights, batches and dropout masks.",
    )
    add(
        "--perturbation",
        type=float,
        default=0.0,
        help="Standard deviation of a change of the replayed run's first weights.",
    )
    add("--out", type=str, default="runs", help="Folder of all run folders.")
    add("--overwrite", type=bool, default=False, help="Replace a finished run of the same name.")
    add(
        "--threads",
        type=int,
        default=1,
        help="CPU threads; on the chapter's small nets one is faster than two.",
    )


class ExperimentCLI(LightningCLI):
    """LightningCLI in steps: words are parsed once, and made into objects as often as needed.

    Args:
        command: ``fit``, ``validate``, ``test`` or ``predict``.
        given: The words after the command, or the options that were parsed from them.
        more: Adds further options.
        called: What the command is called, if not as Lightning's.

    Attributes:
        options: The options, plain values.

    Raises:
        InputError: If the words cannot be parsed.
    """

    def __init__(
        self,
        command: str,
        given: Sequence[str] | Namespace,
        more: More = add_nothing,
        called: str = "",
    ) -> None:
        self.command = command
        self.more = more
        args: Any
        if isinstance(given, Namespace):
            args = Namespace(subcommand=command)
            args[command] = given
        else:
            args = [command, *_helped(called or command, given, more)]
        try:
            super().__init__(
                pl.LightningModule,
                pl.LightningDataModule,
                subclass_mode_model=True,
                subclass_mode_data=True,
                trainer_defaults=TRAINER_DEFAULTS,
                parser_class=OneLineParser,
                parser_kwargs={"allow_abbrev": False} | {command: {"allow_abbrev": False}},
                save_config_callback=None,
                args=args,
            )
        except (MisconfigurationException, UnicodeDecodeError) as error:
            raise InputError(one_line(str(error))) from error
        self.options: Namespace = self.config[command]

    def subcommands(self) -> dict[str, set[str]]:  # type: ignore[override]
        """Only ours: the parsers of the others would take time."""
        return {self.command: LightningCLI.subcommands()[self.command]}

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """A parser whose ``-c`` takes experiments by name too."""
        parser = self.parser_class(**kwargs)
        parser.add_argument(
            "-c", "--config", action=ConfigByName, help="Experiment: its name or YAML file."
        )
        return parser

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what every run has beside trainer, model and data."""
        add_run_options(parser)
        self.more(parser)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse words; options that were parsed already are taken as they are."""
        self.config = args if isinstance(args, Namespace) else parser.parse_args(args)

    def _parse_ckpt_path(self) -> None:
        """Leave the configuration as it was given.

        LightningCLI would put the checkpoint's hyperparameters over the command line's, so that
        another net than the named one could be trained or tested without a word.
        """

    def _set_seed(self) -> None:
        """Leave the seeding to `dnn_techniques.runs.seeds`."""

    def instantiate_classes(self) -> None:
        """Leave it to `make`."""

    def _run_subcommand(self, subcommand: str) -> None:
        """Leave it to `dnn_techniques.runs.train`."""

    def make(self) -> tuple[pl.LightningModule, pl.LightningDataModule]:
        """Make the module and the data.

        Raises:
            InputError: If one of them refuses a value.
        """
        with as_input_errors():
            self.config_init = self.parser.instantiate(self.config)
            self.datamodule = self._get(self.config_init, "data")
            self.model = self._get(self.config_init, "model")
            if self.datamodule is None:
                raise InputError("data is missing; name a data module, as the experiments do")
            try:
                self._add_configure_optimizers_method_to_model(self.command)
            except ArithmeticError as error:  # a schedule computes its first rate
                raise InputError(f"--lr_scheduler: {error}") from error
            options = self.config_init[self.command].trainer
            own = options.callbacks or []
            options.callbacks = own if isinstance(own, list) else [own]
        return self.model, self.datamodule

    def make_trainer(self, callbacks: Sequence[pl.Callback], logger: Any) -> pl.Trainer:
        """Make the Trainer, with these callbacks after the options' own.

        A progress bar of the options takes the place of these callbacks' one.
        """
        options = self.config_init[self.command].trainer
        own, plugins = options.callbacks, options.plugins or []
        if any(isinstance(callback, ProgressBar) for callback in own):
            callbacks = [c for c in callbacks if not isinstance(c, ProgressBar)]
        plugins = plugins if isinstance(plugins, list) else [plugins]
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            plugins = [*plugins, AtomicCheckpointIO()]
        with as_input_errors():
            return self.instantiate_trainer(
                callbacks=[*own, *callbacks], logger=logger, plugins=plugins
            )

    def with_values(self, values: Mapping[str, Any]) -> Namespace:
        """The options with other values, by short or dotted name.

        Raises:
            InputError: If one has no such option, or not of that type.
        """
        options: Namespace = self._parser(self.command).parse_object(
            as_tree(values), namespace=self.options.clone()
        )
        return options

    def text(self, options: Namespace | None = None) -> str:
        """Options, by default its own, as YAML that can be given back with ``-c``.

        Raises:
            InputError: If one cannot be written as YAML.
        """
        options = (options or self.options).clone()
        options.overwrite = False
        options.ckpt_path = None
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", r"\s*Unable to serialize")
                dumped: str = self._parser(self.command).dump(options, skip_unset=False)
        except (ValueError, yaml.YAMLError, UserWarning) as error:  # as a Timer's unit
            raise InputError(f"an option is no plain value: {one_line(str(error))}") from error
        return dumped


class ConfigByName(ActionConfigFile):
    """``-c``: an experiment by name or by file."""

    def __call__(self, parser: Any, cfg: Any, values: Any, option_string: Any = None) -> None:
        """Read the experiment into the options."""
        experiment = single(values)
        super().__call__(parser, cfg, str(experiment.path), option_string)
        added = as_tree(experiment.values) | ({"sweep": None} if experiment.values else {})
        if cfg.get("experiment") is None:
            added["experiment"] = experiment.name
        if added:
            super().__call__(parser, cfg, yaml.safe_dump(added), option_string)


def _helped(command: str, words: Sequence[str], more: More) -> Sequence[str]:
    """The words; those that ask for help get it first, and the command ends."""
    from dnn_techniques.runs.help import ALL, HELP, help_text

    if not set(HELP).isdisjoint(words):
        print(help_text(command, words, more))
        sys.exit()
    return [HELP[0] if word == ALL else word for word in words]


@contextlib.contextmanager
def as_input_errors() -> Iterator[None]:
    """Within it a value that a class refuses is an input error."""
    try:
        yield
    except (ValueError, TypeError, ImportError, MisconfigurationException) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(one_line(str(error))) from error
