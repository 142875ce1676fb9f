"""Experiment files: found by name, path or folder, and read."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dnn_techniques.errors import InputError, near
from dnn_techniques.runs.header import read_header
from dnn_techniques.runs.trials import split_trial, trial_name
from dnn_techniques.runs.yaml_text import load_yaml

# In a checkout beside the package, in an installed wheel inside it.
_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "experiments"
EXPERIMENTS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "experiments"


@dataclass(frozen=True)
class ExperimentFile:
    """An experiment file, or one combination of a file that is a sweep.

    Attributes:
        name: ``<group>/<name>`` of the package's; for a file of one's own its name without suffix,
            after that of the folder if the folder was selected. Its runs are kept below it.
        path: The YAML file.
        documented: Id of the documented run that it repeats, if any.
        title: What is trained: the first line of its comment. Comment and parts of it may lack.
        claim: What is claimed of it, or asked.
        whose: Who claims it: `book`, `notebook`, `notes` or `ours`.
        remark: What else the comment says, one paragraph.
        replayable: Whether the file names the random numbers of that run.
        values: Options of this combination, by short name; empty if the file is no sweep.
        builds_on: Name of the experiment whose trained weights it begins with, if any.
    """

    name: str
    path: Path
    documented: str | None
    title: str = ""
    claim: str = ""
    whose: str = ""
    remark: str = ""
    replayable: bool = False
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    builds_on: str | None = None

    @property
    def group(self) -> str:
        """Name of its group."""
        return split_trial(self.name)[0].partition("/")[0]

    @property
    def said(self) -> str:
        """The claim, after whose it is."""
        return f"{self.whose}: {self.claim}" if self.whose else self.claim


def all_experiments() -> list[ExperimentFile]:
    """Every experiment of the package, by name; a sweep gives one for each combination.

    A sweep's file lists values for options, for example ``sweep: {depth: [2, 10]}``.
    """
    found = []
    for path in sorted(EXPERIMENTS.glob("*/*.yaml")):
        name = path.relative_to(EXPERIMENTS).with_suffix("").as_posix()
        found += _read(path, name, path.stat().st_mtime_ns)
    return found


def select(selection: str) -> list[ExperimentFile]:
    """The experiments that a word of the command line names.

    Args:
        selection: A file, a folder of files, the folder of a run, a group, a sweep or
            ``<group>/<name>``; what is there as a path is no name.

    Raises:
        InputError: If there is none.
    """
    path = Path(selection)
    if path.is_file():
        return read(path)
    if path.is_dir() and (of_run := _of_run(path)):
        return of_run
    if path.is_dir() and (files := sorted(path.rglob("*.yaml"))):
        folder = path.resolve()
        names = (Path(folder.name, p.resolve().relative_to(folder)) for p in files)
        return [e for p, name in zip(files, names, strict=True) for e in read(p, name)]
    experiments = all_experiments()
    selected = [e for e in experiments if selection in (e.group, e.name, split_trial(e.name)[0])]
    if not selected:
        if path.suffix in (".yaml", ".yml"):
            raise InputError(f"{selection}: no such file")
        if path.is_dir():
            raise InputError(f"{selection}: no experiment file (*.yaml) in this folder")
        known = {e.group for e in experiments} | {name_of(e.path) for e in experiments}
        raise InputError(f"unknown group or experiment {selection!r}: {near(selection, known)}")
    return selected


def _of_run(folder: Path) -> list[ExperimentFile]:
    """The experiment of a run's folder, under the run's name; none for any other folder."""
    from dnn_techniques.runs.run_folder import CHECKPOINTS, CONFIG, RESULT, read_config

    config = folder / CONFIG
    if not config.is_file() or not ((folder / CHECKPOINTS).is_dir() or (folder / RESULT).is_file()):
        return []
    name = read_config(folder).get("experiment") or name_of(config)
    return _read(config, str(name), config.stat().st_mtime_ns)


def single(selection: str) -> ExperimentFile:
    """The one experiment that a word names; of a sweep's file the sweep itself, without values.

    Raises:
        InputError: If there is none, or there are several.
    """
    selected = select(selection)
    paths = {e.path for e in selected}
    if len(paths) > 1:
        names = ", ".join(e.name for e in selected[:3])
        raise InputError(f"{selection} names {len(paths)} experiments: give one, such as {names}")
    if len(selected) == 1:
        return selected[0]
    first = selected[0]
    return dataclasses.replace(first, name=name_of(first.path), values={})


def with_bases(experiments: Sequence[ExperimentFile]) -> list[ExperimentFile]:
    """The experiments and those that they build on, each after its own base.

    Raises:
        InputError: If there is no such base, or an experiment builds on itself.
    """
    known = {e.name: e for e in all_experiments()}
    known |= {e.name: e for given in experiments for e in (*_beside(given), given)}
    ordered: dict[str, ExperimentFile] = {}

    def add(experiment: ExperimentFile, later: tuple[str, ...]) -> None:
        base = experiment.builds_on
        later = (*later, experiment.name)
        if base in later:
            raise InputError(f"{experiment.path}: {base} builds on itself")
        if base is not None:
            if base not in known:
                raise InputError(f"{experiment.path}: reuse: no run {base!r}, {near(base, known)}")
            add(known[base], later)
        ordered.setdefault(experiment.name, experiment)

    for experiment in experiments:
        add(experiment, ())
    return list(ordered.values())


def _beside(experiment: ExperimentFile) -> list[ExperimentFile]:
    """The experiments in the folder of a file of one's own that builds on another."""
    if experiment.builds_on is None or is_ours(experiment.path):
        return []
    folder = Path(experiment.name).parent
    files = sorted(experiment.path.parent.glob("*.yaml"))
    return [e for path in files for e in read(path, folder / path.name)]


def name_of(path: str | Path) -> str:
    """``<group>/<name>`` of an experiment file; for any other file its name without suffix."""
    path = Path(path)
    if is_ours(path):
        path = path.resolve().relative_to(EXPERIMENTS.resolve())
        return path.with_suffix("").as_posix()
    return path.stem


def is_ours(path: Path) -> bool:
    """Whether a file is one of the package's experiments."""
    return path.resolve().is_relative_to(EXPERIMENTS.resolve())


def read(path: Path, name: Path | None = None) -> list[ExperimentFile]:
    """Read an experiment file; a sweep gives one experiment for each combination.

    Args:
        path: The file.
        name: Where its runs are kept, the suffix left out; by default `name_of` says it.

    Raises:
        InputError: If it is no YAML mapping.
    """
    ours = name is None or is_ours(path)
    called = name_of(path) if ours else (name or path).with_suffix("").as_posix()
    return _read(path, called, path.stat().st_mtime_ns)


@cache
def _read(path: Path, name: str, changed: int) -> list[ExperimentFile]:
    """The experiments of a file that was last changed then: a comparison asks for all, often."""
    try:
        text = path.read_text()
        values = load_yaml(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} is no experiment file: it has no options such as model and data")
    reuse = values.get("reuse")
    base = ExperimentFile(
        name=name,
        path=path,
        documented=values.get("documented"),
        **vars(read_header(text)),
        replayable="tensorflow" in values,
        builds_on=reuse.get("run") if isinstance(reuse, dict) else None,
    )
    sweep = values.get("sweep")
    if not sweep:
        return [base]
    if not (isinstance(sweep, dict) and all(isinstance(v, list) and v for v in sweep.values())):
        raise InputError(f"{path}: sweep must have a list of values for each of its options")
    combinations = (
        dict(zip(sweep, values, strict=True)) for values in itertools.product(*sweep.values())
    )
    return [
        dataclasses.replace(base, name=trial_name(name, values), values=values)
        for values in combinations
    ]
