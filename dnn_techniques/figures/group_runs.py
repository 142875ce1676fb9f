"""The finished runs of a group for a picture, and what has to be said of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dnn_techniques.errors import InputError
from dnn_techniques.results.run_sets import RunSet, has_finished_runs, read_runs
from dnn_techniques.runs.experiments import select


def finished_runs(out: Path, group: str, names: Sequence[str] | None = None) -> list[RunSet]:
    """The experiments of a group that have finished runs below `out`, with these.

    Args:
        out: Folder of the run folders.
        group: The group.
        names: Names of the experiments that are wanted; None for all of the group.

    Raises:
        InputError: If there is none, or seeds of an experiment were trained with other settings.
    """
    wanted = [e.name for e in select(group)] if names is None else names
    there = [name for name in wanted if has_finished_runs(out, name)]
    if not there:
        raise InputError(f"no finished run of {group} below {out}; make some: run {group}")
    return [read_runs(out, name) for name in there]


def setting(run_set: RunSet, name: str) -> Any:
    """A setting of the module, the same in all its runs."""
    return run_set.runs[0].settings[f"model.init_args.{name}"]


def about(run_sets: Sequence[RunSet], expected: int | None = None) -> str:
    """The runs of a group, for a title, with what keeps them from being the experiments.

    Args:
        run_sets: The runs.
        expected: Number of the experiments that should be there; None for all of the group.
    """
    group = run_sets[0].name.partition("/")[0]
    there, all_of_them = len(run_sets), len(select(group)) if expected is None else expected
    said = [group if there == all_of_them else f"{there} of {all_of_them} experiments of {group}"]
    counts = sorted({len(run_set.runs) for run_set in run_sets})
    seeds = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    said.append("1 seed" if seeds == "1" else f"{seeds} seeds")
    wanted = {s.data["stands_in_for"] for s in run_sets if s.data.get("stands_in_for")}
    said += [f"on digits, NOT on {name}" for name in sorted(wanted)]
    if any(run_set.changes for run_set in run_sets):
        said.append("with changed settings")
    return ", ".join(said)
