"""Killed at any moment, the same command ends with the bits of an unbroken run."""

import random
import signal
import time
from functools import partial
from pathlib import Path

from faults.bench import SCENARIOS, Bench, Scenario
from faults.case import Case, Outcome, Run, judge, remove
from faults.process import killed_before

MOMENTS = 4  # random ones of each scenario
SEVERAL = 2  # cases of three kills in a row
LATE = 2.0  # seconds after a kill in which other processes may still write


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases of all scenarios."""
    return [case for scenario in SCENARIOS for case in of_scenario(bench, scenario.name, seed)]


def of_scenario(bench: Bench, name: str, seed: int) -> list[Case]:
    """A scenario before every change of a file, at random moments, several times in a row."""
    (scenario,) = (scenario for scenario in SCENARIOS if scenario.name == name)
    unbroken = bench.reference(scenario)
    draw = random.Random(f"{seed} {name}")
    found = []

    def add(what: str, run: Run) -> None:
        found.append(Case("kills", name, f"{name}: {what}", run))

    if not scenario.processes:
        for number in range(1, unbroken.changes + 1):
            add(f"before change {number}", partial(_before, bench, scenario, (number,)))
        for _ in range(SEVERAL):
            numbers = tuple(sorted(draw.sample(range(1, unbroken.changes + 1), 3)))
            add(f"before changes {numbers}", partial(_before, bench, scenario, numbers))
    for _ in range(MOMENTS):
        share = draw.uniform(0, 1)
        add(f"after {share:.1%}", partial(_after, bench, scenario, share, True))
        if scenario.processes:
            add(f"parent after {share:.1%}", partial(_after, bench, scenario, share, False))
    return found


def _before(bench: Bench, scenario: Scenario, numbers: tuple[int, ...], folder: Path) -> Outcome:
    """Kill a command before changes of files, one process after the other."""
    out = bench.out(scenario, folder)
    for number in numbers:
        prepare = killed_before(number, out)
        ended = bench.start(scenario.words, out, folder / "killed", prepare).wait()
        if ended.fault:
            return Outcome(ended.fault, f"when killed: {ended.last}")
    return _again(bench, scenario, out, folder)


def _after(bench: Bench, scenario: Scenario, share: float, all: bool, folder: Path) -> Outcome:
    """Kill a command after a share of its time, its processes with it or not."""
    out = bench.out(scenario, folder)
    process = bench.start(scenario.words, out, folder / "killed")
    time.sleep(share * bench.reference(scenario).seconds)
    process.send(signal.SIGKILL, to_all=all)
    killed = time.time()
    ended = process.wait()
    if ended.fault:
        return Outcome(ended.fault, f"when killed: {ended.last}")
    if (written := written_after(out, killed + LATE)) is not None:
        return Outcome("orphan", f"{written} was written after the kill")
    return _again(bench, scenario, out, folder)


def written_after(folder: Path, moment: float) -> Path | None:
    """A file that was written after a moment, if there is one."""
    return next((file for file in folder.rglob("*") if file.stat().st_mtime > moment), None)


def _again(bench: Bench, scenario: Scenario, out: Path, folder: Path) -> Outcome:
    ended = bench.start(scenario.words, out, folder / "log").wait()
    outcome = judge(ended, out, bench.reference(scenario).state)
    if outcome.kind == "one line":  # nothing stands in the way of this command
        outcome = Outcome("other end", outcome.said)
    if scenario.elsewhere:
        remove(out)
    return outcome
