"""The commands that make the parts of a page again."""

import shlex
from pathlib import Path

from dnn_techniques.results.group_comparison import GroupComparison
from dnn_techniques.results.run_sets import RunSet
from dnn_techniques.runs.experiments import all_experiments, is_ours, name_of
from dnn_techniques.runs.run_folder import CONFIG, folder_name

PROGRAM = ("python", "-m", "dnn_techniques")


def commands(comparison: GroupComparison, out: Path) -> list[tuple[str, str]]:
    """What is remade, and the command.

    An experiment of the package is run again by its name, any other one by what its first run was
    configured with.

    Args:
        comparison: The group.
        out: Folder of its run folders.
    """
    where = [] if out == Path("runs") else ["--out", str(out)]
    named, configured = {}, []  # of a sweep's file one set of runs
    for experiment, run_set in zip(comparison.experiments, comparison.run_sets, strict=True):
        if is_ours(experiment.path) and not run_set.changes:
            named[name_of(experiment.path)] = _seeds(run_set)
        else:
            configured.append(run_set)
    every = {name_of(e.path) for e in all_experiments() if e.group == comparison.group}
    if every == named.keys() and len({*map(tuple, named.values())}) == 1:
        named = {comparison.group: next(iter(named.values()))}
    remade = [
        (f"the runs of {name}", _command("run", name, *seeds, *where))
        for name, seeds in named.items()
    ]
    remade += [_first_run(run_set, out) for run_set in configured]
    compared = _command("compare", comparison.group, *where)
    return [*remade, ("tables and curves from the run folders", compared)]


def _first_run(run_set: RunSet, out: Path) -> tuple[str, str]:
    """The first run of an experiment, which stands for the others."""
    first, *others = [run.seed for run in run_set.runs]
    which = f"seed {first} of {run_set.name}"
    if others:
        which += f" (likewise {', '.join(map(str, others))})"
    config = out / run_set.name / folder_name(first) / CONFIG
    return which, _command("fit", "-c", str(config), "--overwrite", "true")


def _seeds(run_set: RunSet) -> list[str]:
    """The options that give the seeds of these runs."""
    seeds = [run.seed for run in run_set.runs]
    first = [] if seeds[0] == 42 else ["--seed_everything", str(seeds[0])]
    return [*(["--seeds", str(seeds[-1] - seeds[0] + 1)] if len(seeds) > 1 else []), *first]


def _command(*words: str) -> str:
    return shlex.join([*PROGRAM, *words])
