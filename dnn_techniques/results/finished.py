"""Which experiments have finished runs: from the folders alone, also of files that are gone."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments, select
from dnn_techniques.runs.run_folder import CONFIG, REPLAY, RESULT
from dnn_techniques.runs.trials import split_trial


def experiments_below(folder: Path, out: Path) -> list[ExperimentFile]:
    """The experiments with finished runs below a folder, trials among them, by name.

    Args:
        folder: `out` or a folder in it.
        out: Folder of the run folders, from which the names are taken.
    """
    known = {e.name: e for e in all_experiments()}
    runs = [p.parent for kind in ("seed-*", REPLAY) for p in folder.rglob(f"{kind}/{RESULT}")]
    found: dict[str, ExperimentFile] = {}
    for run in sorted(runs):
        name = run.parent.relative_to(out).as_posix()
        like = known.get(name) or known.get(split_trial(name)[0])
        if like is None:
            like = ExperimentFile(name, run / CONFIG, documented=None)
        found.setdefault(name, dataclasses.replace(like, name=name))
    return list(found.values())


def with_trials(experiments: Sequence[ExperimentFile], out: Path) -> list[ExperimentFile]:
    """The experiments, each followed by those of its trials that have finished runs in `out`."""
    beside = dict.fromkeys((out / e.name).parent for e in experiments)
    below = [e for folder in beside for e in experiments_below(folder, out)]
    ordered: dict[str, ExperimentFile] = {e.name: e for e in experiments}
    for experiment in experiments:
        base = split_trial(experiment.name)[0] if experiment.values else experiment.name
        for e in below:
            if split_trial(e.name)[0] == base:
                ordered.setdefault(e.name, dataclasses.replace(experiment, name=e.name))
    return list(ordered.values())


def find_runs(argument: str, out: Path) -> tuple[Path, list[ExperimentFile]]:
    """What an argument of ``compare`` names: a folder of runs, else experiments of any kind.

    Args:
        argument: A folder with finished runs, a file, a group or a name.
        out: Folder of the run folders.

    Returns:
        The folder of the run folders, and the experiments in it.

    Raises:
        InputError: If there is nothing of that name, or it is one run.
    """
    folder = Path(argument)
    if (folder / RESULT).is_file():
        seeds = folder.resolve().parent
        raise InputError(f"{folder} is one run; give the folder of its seeds: {seeds}")
    if folder.is_dir() and any(folder.rglob(f"*/{RESULT}")):
        if folder.resolve().is_relative_to(out.resolve()):
            return out, experiments_below(out / folder.resolve().relative_to(out.resolve()), out)
        top = folder.parent if any(folder.glob(f"*/{RESULT}")) else folder
        return top, experiments_below(folder, top)
    try:
        return out, select(argument)
    except InputError:
        below = experiments_below(out, out)
        found = [e for e in below if argument == e.name]
        found = found or [e for e in below if argument in (split_trial(e.name)[0], e.group)]
        if not found:
            raise
        return out, found


def find_groups(argument: str | None, out: Path) -> tuple[Path, dict[str, list[ExperimentFile]]]:
    """The experiments that an argument names, with their trials, by group.

    Args:
        argument: See `find_runs`; None for all with finished runs.
        out: Folder of the run folders.

    Returns:
        The folder of the run folders, and the groups.

    Raises:
        InputError: If there is nothing of that name.
    """
    where, experiments = (
        find_runs(argument, out) if argument else (out, experiments_below(out, out))
    )
    return where, groups_of(with_trials(experiments, where)) if experiments else {}


def groups_of(experiments: Iterable[ExperimentFile]) -> dict[str, list[ExperimentFile]]:
    """Experiments by group."""
    groups: dict[str, list[ExperimentFile]] = {}
    for experiment in experiments:
        groups.setdefault(experiment.group, []).append(experiment)
    return groups
