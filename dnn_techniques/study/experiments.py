"""The experiment files: ``experiments/<group>/<name>.yaml``."""

from dataclasses import dataclass
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
        documented: Id of the documented run that it repeats, if any.
    """

    name: str
    path: Path
    claim: str
    documented: str | None

    @property
    def group(self) -> str:
        """Name of its group."""
        return self.name.partition("/")[0]


def all_experiments() -> list[Experiment]:
    """Every experiment, by name."""
    return [_read(path) for path in sorted(EXPERIMENTS.glob("*/*.yaml"))]


def select(selection: str) -> list[Experiment]:
    """The experiments of a group, or the one called ``<group>/<name>``.

    Raises:
        InputError: If there is no such group or experiment.
    """
    experiments = all_experiments()
    selected = [e for e in experiments if selection in (e.group, e.name)]
    if not selected:
        known = {e.group for e in experiments} | {e.name for e in experiments}
        raise InputError(f"unknown group or experiment {selection!r}: {near(selection, known)}")
    return selected


def name_of(path: str | Path) -> str:
    """``<group>/<name>`` of an experiment file; for any other file its name without suffix."""
    path = Path(path).resolve()
    if path.is_relative_to(EXPERIMENTS.resolve()):
        return path.relative_to(EXPERIMENTS.resolve()).with_suffix("").as_posix()
    return path.stem


def _read(path: Path) -> Experiment:
    text = path.read_text()
    return Experiment(
        name=name_of(path),
        path=path,
        claim=text.partition("\n")[0].removeprefix("#").strip(),
        documented=yaml.safe_load(text).get("documented"),
    )
