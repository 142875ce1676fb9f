"""The experiment files: ``experiments/<group>/<name>.yaml``."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from dnn_techniques.errors import InputError, near

# In a checkout beside the package, in an installed wheel inside it.
_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "experiments"
EXPERIMENTS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "experiments"


@dataclass(frozen=True)
class Experiment:
    """An experiment file.

    Attributes:
        name: ``<group>/<name>``.
        path: The YAML file.
        claim: What it shows: the first line of the file, a comment.
        remark: What else its comment says below source and command, one paragraph; often empty.
        documented: Id of the documented run that it repeats, if any.
        replayable: Whether the file names the random numbers of that run.
        arguments: Options of the module that are added to the file's: the values of a file that is
            a sweep.
        builds_on: Name of the experiment whose trained weights it begins with, if any.
    """

    name: str
    path: Path
    claim: str
    documented: str | None
    remark: str = ""
    replayable: bool = False
    arguments: tuple[str, ...] = ()
    builds_on: str | None = None

    @property
    def group(self) -> str:
        """Name of its group."""
        return self.name.partition("/")[0]


def all_experiments() -> list[Experiment]:
    """Every experiment, by name; in place of a file that is a sweep, one for each combination.

    Such a file lists values for options of its module, for example ``sweep: {depth: [2, 10]}``.
    """
    return list(_all())


@cache
def _all() -> tuple[Experiment, ...]:
    """Read once: every claim asks for its experiments, and parsing all files takes a while."""
    return tuple(e for path in sorted(EXPERIMENTS.glob("*/*.yaml")) for e in _read(path))


def select(selection: str) -> list[Experiment]:
    """The experiments of a group or a sweep, or the one called ``<group>/<name>``.

    Raises:
        InputError: If there is no such group or experiment.
    """
    experiments = all_experiments()
    selected = [e for e in experiments if selection in (e.group, e.name, name_of(e.path))]
    if not selected:
        known = {e.group for e in experiments} | {name_of(e.path) for e in experiments}
        raise InputError(f"unknown group or experiment {selection!r}: {near(selection, known)}")
    return selected


def with_bases(experiments: Sequence[Experiment]) -> list[Experiment]:
    """The experiments and those that they build on, each after its own base.

    Raises:
        InputError: If there is no such base, or an experiment builds on itself.
    """
    known = {e.name: e for e in all_experiments()}
    ordered: dict[str, Experiment] = {}

    def add(experiment: Experiment, later: tuple[str, ...]) -> None:
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


def name_of(path: str | Path) -> str:
    """``<group>/<name>`` of an experiment file; for any other file its name without suffix."""
    path = Path(path).resolve()
    if path.is_relative_to(EXPERIMENTS.resolve()):
        return path.relative_to(EXPERIMENTS.resolve()).with_suffix("").as_posix()
    return path.stem


def _read(path: Path) -> list[Experiment]:
    text = path.read_text()
    values = yaml.safe_load(text)
    base = Experiment(
        name=name_of(path),
        path=path,
        claim=text.partition("\n")[0].removeprefix("#").strip(),
        documented=values.get("documented"),
        remark=_remark(text),
        replayable="tensorflow" in values,
        builds_on=(values.get("reuse") or {}).get("run"),
    )
    sweep = values.get("sweep")
    if not sweep:
        return [base]
    experiments = []
    for combination in itertools.product(*sweep.values()):
        options = [f"--model.{key}={value}" for key, value in zip(sweep, combination, strict=True)]
        name = "-".join([base.name, *map(str, combination)])
        arguments = (*options, "--sweep=null")
        experiments.append(dataclasses.replace(base, name=name, arguments=arguments))
    return experiments


def _remark(text: str) -> str:
    """The paragraphs of the file's first comment after claim, source and command, as one."""
    comment = list(itertools.takewhile(lambda line: line.startswith("#"), text.splitlines()))
    lines = [line.removeprefix("#").strip() for line in comment]
    paragraphs = " ".join(line or "\n" for line in lines).split("\n")
    return " ".join(" ".join(paragraphs[2:]).split())
