"""Which runs a command line asks for: experiments, combinations of a sweep, seeds, bases."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import Namespace

from dnn_techniques.errors import InputError
from dnn_techniques.runs.against_file import (
    changes_of,
    differing,
    file_options,
    named_first,
    typed_options,
)
from dnn_techniques.runs.experiments import ExperimentFile, with_bases
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.pool import Task
from dnn_techniques.runs.prepare import Run, prepare
from dnn_techniques.runs.run_folder import folder_name, is_finished
from dnn_techniques.runs.settings import NEUTRAL
from dnn_techniques.runs.trials import full_name, split_trial, trial_name

Values = Mapping[str, Any]


class Plan:
    """The runs of ``run``, each after the one that it builds on.

    Args:
        selected: The experiments.
        words: Words for ``fit``, which apply to all of them. What they build on is made with the
            same differences from its file, unless it is there as the file says.
        seeds: Number of seeds, from ``--seed_everything`` up.
        fixed: Options for all runs: `out`, `replay`, `perturbation`.

    Attributes:
        tasks: What is to be made, of `Run`.

    Raises:
        InputError: If a run cannot be made; nothing has been trained then.
    """

    def __init__(
        self, selected: Sequence[ExperimentFile], words: Sequence[str], seeds: int, fixed: Values
    ) -> None:
        self.words = words
        self.seeds = seeds
        self.fixed = fixed
        self.tasks: list[Task] = []
        self._parsed: dict[Path, ExperimentCLI] = {}
        self._planned: dict[str, list[str]] = {}  # names of the runs of an experiment
        everything = with_bases(selected)
        self._known = {e.name: e for e in everything}
        for experiment in everything:
            if experiment in selected:
                self._add(experiment)

    def _add(self, experiment: ExperimentFile) -> None:
        """Plan all combinations of an experiment."""
        cli = self._parse(experiment.path)
        base_name = split_trial(experiment.name)[0] if experiment.values else experiment.name
        file = file_options(experiment)
        for values in self._combinations(experiment, cli.options):
            options = self._fix(cli.with_values(values))
            found = differing(cli, options, file, typed_options(self.words))
            name = trial_name(base_name, named_first(values, found))
            self._plan(experiment, name, options, file, found, self._seeds(options))

    def _parse(self, path: Path) -> ExperimentCLI:
        """A file together with the words."""
        if path not in self._parsed:
            self._parsed[path] = ExperimentCLI("fit", ["-c", str(path), *self.words])
        return self._parsed[path]

    def _combinations(self, experiment: ExperimentFile, options: Namespace) -> list[dict[str, Any]]:
        """Values of the swept options; an option that was typed beats the sweep's values."""
        own = yaml.safe_load(experiment.path.read_text()).get("sweep") or {}
        swept = _lists(options.sweep or {})
        _check_unique(swept)
        added = {name: values for name, values in swept.items() if own.get(name) != values}
        typed = typed_options(self.words)
        chosen = {name: options[full_name(name)] for name in swept if full_name(name) in typed}
        combinations = []
        for combination in itertools.product(*added.values()):
            values = {**experiment.values, **dict(zip(added, combination, strict=True)), **chosen}
            if values not in combinations:
                combinations.append(values)
        return combinations

    def _seeds(self, options: Namespace) -> range:
        first = options.seed_everything
        return range(first, first + self.seeds)

    def _fix(self, options: Namespace) -> Namespace:
        options.sweep = None
        for name, value in self.fixed.items():
            options[name] = value
        return options

    def _plan(
        self,
        experiment: ExperimentFile,
        name: str,
        options: Namespace,
        file: ExperimentCLI,
        found: Values,
        seeds: Sequence[int],
    ) -> None:
        """Plan a run under every seed, after what it builds on."""
        names = self._planned.setdefault(experiment.name, [])
        if any(name in planned for planned in self._planned.values()):
            return
        names.append(name)
        options.experiment = name
        said = changes_of(file, options, file)
        base = None
        if options.reuse is not None and options.reuse.run in self._known:
            base = self._base(self._known[options.reuse.run], options, found, seeds)
            options.reuse.run = base
        run = Run(options, said)
        prepare(run)
        there = {task.name for task in self.tasks}
        for seed in seeds:
            before = f"{base} {seed}"
            after = before if before in there else None
            self.tasks.append(Task(f"{name} {seed}", run.with_seed(seed), after))

    def _base(
        self, base: ExperimentFile, later: Namespace, found: Values, seeds: Sequence[int]
    ) -> str:
        """Plan the runs that a later stage builds on, unless they are there; returns their name."""
        planned = self._planned.get(base.name, [])
        if len(planned) == 1:
            return planned[0]
        file = file_options(base)
        own = {name: v for name, v in found.items() if not name.startswith("reuse.")}
        options = self._fix(file.with_values(own))
        for typed in typed_options(self.words) & NEUTRAL:  # such as where the data are
            if typed in options and typed in later:
                options[typed] = later[typed]
        own = differing(file, options, file)
        name = trial_name(base.name, own)
        there, plain = (
            [seed for seed in seeds if is_finished(self._folder(n, seed))]
            for n in (name, base.name)
        )
        if not there and len(plain) == len(seeds):
            return base.name
        missing = [seed for seed in seeds if seed not in there]
        if missing:
            self._plan(base, name, options, file, own, missing)
        return name

    def _folder(self, name: str, seed: int) -> Path:
        fixed = self.fixed
        return Path(fixed["out"], name, folder_name(seed, fixed["replay"], fixed["perturbation"]))


def _check_unique(swept: Iterable[str]) -> None:
    """Refuse a sweep that names an option twice, as `lr` and `model.lr`."""
    named: dict[str, str] = {}
    for name in swept:
        if (other := named.setdefault(full_name(name), name)) != name:
            raise InputError(f"sweep: {other} and {name} are one option; leave one of them out")


def _lists(sweep: Mapping[str, Any], prefix: str = "") -> dict[str, list[Any]]:
    """Lists of values by dotted name."""
    lists: dict[str, list[Any]] = {}
    for name, values in sweep.items():
        if isinstance(values, Mapping):
            lists |= _lists(values, f"{prefix}{name}.")
        elif isinstance(values, list) and values:
            lists[prefix + name] = values
        else:
            raise InputError(f"--sweep.{prefix}{name} needs a list of values, as [1,2]: {values}")
    return lists
