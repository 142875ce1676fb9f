"""Killed at any moment, the same command ends with the bits of an unbroken run."""

import random
import signal
import time
from functools import partial
from pathlib import Path

from dnn_techniques.runs.verify import run_folders
from faults.bench import ELSEWHERE, SCENARIOS, Bench, Scenario
from faults.case import Case, Outcome, Run, judge
from faults.process import Act, killed_before

MOMENTS = 4  # random ones of each scenario
SEVERAL = 2  # cases of three kills in a row
SOON = 6  # so many changes are made by every command that goes on
LATE = 2.0  # seconds after a kill in which other processes may still write


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases of all scenarios."""
    possible = [s for s in SCENARIOS if not s.elsewhere or ELSEWHERE.is_dir()]
    return [case for scenario in possible for case in of_scenario(bench, scenario.name, seed)]


def of_scenario(bench: Bench, name: str, seed: int) -> list[Case]:
    """A scenario before every change of a file, at random moments, several times in a row."""
    (scenario,) = (scenario for scenario in SCENARIOS if scenario.name == name)
    unbroken = bench.reference(scenario)
    draw = random.Random(f"{seed} {name}")
    found = []

    def add(what: str, run: Run) -> None:
        found.append(Case("kills", name, f"{name}: {what}", run))

    if not scenario.processes:
        several = len(run_folders(unbroken.out)) > 1  # and so many changes
        for number in range(1 + several * draw.randint(0, 1), unbroken.changes + 1, 1 + several):
            add(f"before change {number}", partial(_before, bench, scenario, (number,)))
        for _ in range(SEVERAL):
            first = draw.randint(1, int(0.9 * unbroken.changes))
            numbers = (first, *draw.choices(range(1, SOON), k=2))
            add(f"before changes {numbers}", partial(_before, bench, scenario, numbers))
    for _ in range(MOMENTS):
        share = draw.uniform(0, 1)
        add(f"after {share:.1%}", partial(_after, bench, scenario, share, True))
        if scenario.processes:
            add(f"parent after {share:.1%}", partial(_after, bench, scenario, share, False))
    return found


def _before(bench: Bench, scenario: Scenario, numbers: tuple[int, ...], folder: Path) -> Outcome:
    """Kill a command before changes of files, one process after the other."""
    out = bench.begin(scenario, folder)
    for number in numbers:
        prepare = killed_before(number, out)
        ended = bench.start(scenario.words, out, folder / "killed", prepare).wait()
        if ended.fault:
            return Outcome(ended.fault, f"when killed: {ended.last}")
        if ended.status != -signal.SIGKILL:
            return Outcome("other end", f"not killed before change {number}: {ended.last}")
    return again(bench, scenario, out, folder)


def _after(bench: Bench, scenario: Scenario, share: float, all: bool, folder: Path) -> Outcome:
    """Kill a command after a share of its time, its processes with it or not."""
    out = bench.begin(scenario, folder)
    process = bench.start(scenario.words, out, folder / "killed")
    time.sleep(share * bench.reference(scenario).seconds)
    process.send(signal.SIGKILL, to_all=all)
    killed = time.time()
    ended = process.wait()
    if ended.fault:
        return Outcome(ended.fault, f"when killed: {ended.last}")
    if ended.status not in (0, -signal.SIGKILL):
        return Outcome("other end", f"not killed: {ended.last}")
    if (written := written_after(out, killed + LATE)) is not None:
        return Outcome("orphan", f"{written} was written after the kill")
    return again(bench, scenario, out, folder)


def written_after(folder: Path, moment: float) -> Path | None:
    """A file that was written after a moment, if there is one."""
    return next((file for file in folder.rglob("*") if file.stat().st_mtime > moment), None)


def again(
    bench: Bench, scenario: Scenario, out: Path, folder: Path, prepare: Act | None = None
) -> Outcome:
    """The same command, with nothing in its way."""
    ended = bench.start(scenario.words, out, folder / "log", prepare).wait()
    outcome = judge(ended, out, bench.reference(scenario).state)
    return Outcome("other end", outcome.said) if outcome.kind == "one line" else outcome
