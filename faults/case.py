"""A case: what is done to a command, and what came of it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dnn_techniques.runs.verify import run_folders, verify_run
from faults.process import Ended
from faults.state import State, difference, state_of

# What may come of it, then what may not.
FINE = ("same bits", "one line")
# Lines of commands that have nothing left to do.
FINISHED = ("holds a finished run", "the epochs already trained")
WRONG = ("traceback", "hang", "orphan", "silent difference", "other end")


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        kind: One of `FINE` or `WRONG`.
        said: Why.
    """

    kind: str
    said: str = ""


Run = Callable[[Path], Outcome]


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        part: Which part of the machine: kills, damages, resources or inputs.
        what: What is done, a row of the page.
        name: Its own name among all.
        run: Does it, in a folder of its own.
    """

    part: str
    what: str
    name: str
    run: Run


def judge(ended: Ended, out: Path, expected: State) -> Outcome:
    """What came of a command that makes runs: those of an unbroken one, or one line."""
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    finished = any(said in ended.last for said in FINISHED)
    if ended.status == 0 or (ended.one_line and finished):
        differs = difference(state_of(out), expected) or _unfit(out)
        return Outcome("silent difference", differs) if differs else Outcome("same bits")
    if ended.one_line:
        return Outcome("one line", ended.last)
    return Outcome("other end", f"status {ended.status}: {ended.last}")


def _unfit(out: Path) -> str | None:
    """What `verify` has to say against the runs, None if nothing."""
    verdicts = (verdict for run in run_folders(out) for verdict in verify_run(run))
    return next((str(verdict) for verdict in verdicts if not verdict.fine), None)


def remove(folder: Path) -> None:
    """Remove a case's folder."""
    shutil.rmtree(folder, ignore_errors=True)
