"""How the options of a run differ from those of its experiment's file."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml
from jsonargparse import Namespace

from dnn_techniques.runs.experiments import ExperimentFile, all_experiments
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.settings import changes, differences
from dnn_techniques.runs.trials import full_name, short_name, split_trial

Values = Mapping[str, Any]


def file_options(experiment: ExperimentFile) -> ExperimentCLI:
    """An experiment's file parsed without further words."""
    cli = ExperimentCLI("fit", ["-c", str(experiment.path)])
    cli.options = cli.with_values(experiment.values)
    cli.options.sweep = None
    return cli


def typed_options(words: Sequence[str]) -> set[str]:
    """Full names of the options among the words."""
    options = (word.removeprefix("--").partition("=")[0] for word in words if word[:2] == "--")
    return {full_name(option) if "." in option else option for option in options}


def named_first(values: Values, found: Values) -> dict[str, Any]:
    """What a folder's name says: the swept options first."""
    named = {short_name(full_name(name)): value for name, value in values.items()}
    return named | {name: value for name, value in found.items() if short_name(name) not in named}


def _plain(cli: ExperimentCLI, options: Namespace) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(cli.text(options))
    return values


def differing(
    cli: ExperimentCLI, options: Namespace, file: ExperimentCLI, typed: Collection[str] = ()
) -> dict[str, Any]:
    """Settings that differ from the file's, by dotted name; perturbed runs have their own names.

    Of the arguments of another class only those arguments that were typed.
    """
    as_file = file.options.clone()
    as_file.replay, as_file.perturbation = options.replay, options.perturbation
    found = differences(_plain(cli, options), _plain(file, as_file))
    classes = {name.removesuffix("class_path") for name in found if name.endswith(".class_path")}
    return {
        name: value
        for name, value in found.items()
        if name in typed or not any(name.startswith(f"{c}init_args.") for c in classes)
    }


def changes_of(cli: ExperimentCLI, options: Namespace, file: ExperimentCLI) -> tuple[str, ...]:
    """How the settings differ from those of the run's experiment file.

    For a file of one's own that names a documented run, from those of the experiment that repeats
    it.
    """
    name = split_trial(options.experiment)[0]
    of_package = all_experiments()
    same = [e for e in of_package if e.name == file.options.experiment]
    same = same or [e for e in of_package if e.name in (name, options.experiment)]
    same = same or [e for e in of_package if e.documented and e.documented == options.documented]
    base = file_options(same[0]) if same else file
    as_base = base.options.clone()
    as_base.replay = options.replay
    return tuple(changes(_plain(cli, options), _plain(base, as_base)))
