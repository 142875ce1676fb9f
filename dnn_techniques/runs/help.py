"""``--help`` of ``fit`` and the like: the options that one uses, the module's own first."""

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from pytorch_lightning.cli import LightningArgumentParser

from dnn_techniques.data import ImageData
from dnn_techniques.modules import ClassifierCard
from dnn_techniques.runs.experiments import single
from dnn_techniques.runs.options import TRAINER_DEFAULTS, More, add_nothing, add_run_options
from dnn_techniques.runs.yaml_text import load_yaml

HELP = ("-h", "--help")
ALL = "--help_all"

# The Trainer's options that one uses; the others are shown with `ALL`.
TRAINER = {
    "max_epochs": "Number of epochs.",
    "accelerator": "cpu, gpu or auto.",
    "devices": "Number of devices.",
    "precision": "As 32-true or bf16-mixed.",
    "callbacks": "List of callbacks, as EarlyStopping.",
    "limit_train_batches": "Batches of an epoch: how many, or which share of all.",
    "enable_progress_bar": "Whether to show the epochs.",
    "fast_dev_run": "Train so many batches, as a test; no run is left.",
}


def help_text(command: str, words: Sequence[str], more: More = add_nothing) -> str:
    """The options of a command, those of the experiment's module and data first.

    Args:
        command: ``fit``, ``validate`` and so on.
        words: What was typed after it; ``-c`` may name the experiment.
        more: Adds the command's own options.

    Raises:
        InputError: If there is no such experiment.
    """
    chosen = _experiment(words)
    values = load_yaml(single(chosen).path.read_text()) if chosen else {}
    title = single(chosen).title if chosen else ""
    parser = LightningArgumentParser(
        prog=command,
        usage=f"python -m dnn_techniques {command} -c {chosen or 'EXPERIMENT'} [options]",
        description=title or "With an experiment, -c, the options are those of its module.",
        epilog=f"All options: {command} {ALL}",
        add_help=False,
    )
    for part, default in (("model", ClassifierCard), ("data", ImageData)):
        given = values.get(part) or {}
        kind = _class_of(given["class_path"]) if "class_path" in given else default
        parser.add_class_arguments(kind, part, help=f"{kind.__name__}")
        arguments = given.get("init_args") or {}
        parser.set_defaults({f"{part}.{name}": value for name, value in arguments.items()})
    trainer = parser.add_argument_group("Trainer")
    defaults = TRAINER_DEFAULTS | (values.get("trainer") or {})
    for name, said in TRAINER.items():
        trainer.add_argument(f"--trainer.{name}", help=said, default=defaults.get(name))
    more(parser)
    add_run_options(parser)
    groups: Any = parser._action_groups
    groups.append(groups.pop(1))  # what every run has comes last
    for action in parser._actions:
        if action.dest in ("model", "data") or action.dest.endswith(".help"):
            action.help = argparse.SUPPRESS
        if action.metavar is None and not action.choices:
            action.metavar = "X"
    text: str = parser.format_help()
    return text


def _experiment(words: Sequence[str]) -> str | None:
    """What follows ``-c`` or ``--config``."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", "--config")
    chosen: str | None = parser.parse_known_args(list(words))[0].config
    return chosen


def _class_of(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
