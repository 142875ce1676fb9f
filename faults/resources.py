"""Without disk, memory, rights or a true clock a command ends in one line, and goes on later."""

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dnn_techniques import memory
from dnn_techniques.runs.run_folder import read_metrics, read_result
from dnn_techniques.runs.verify import run_folders
from faults.bench import SCENARIOS, Bench, Scenario
from faults.case import Case, Outcome, Run, judge
from faults.kills import again
from faults.process import Act, Ended, clock_jumps, killed_before, session
from faults.state import difference, state_of

NOBODY = 65534
# How commands may end that a signal ended; in a training HUP does what TERM does.
SIGNALS = {signal.SIGINT: {130}, signal.SIGTERM: {143, -15}, signal.SIGHUP: {129, 143, -1}}
_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
PLAIN = _BY_NAME["SGD, batch normalization"]
STACKED = _BY_NAME["stacked seeds"]
SEVERAL = _BY_NAME["three seeds side by side"]
STAGED = _BY_NAME["freezing, cached, staged"]
TIMED = Scenario("a minute for all", f"{PLAIN.words} --trainer.max_time 00:00:01:00")
_WIDE = "-c bn/without --experiment a/run --trainer.max_epochs 2 --trainer.accelerator DEVICE"
_WIDE += " --data.validation 50 --data.root DATA --out OUT --model.hidden"
# By the width of their two layers: checkpoints of 14 and of 77 MB, for which memory runs out.
WIDE = {n: Scenario(f"two layers of {n}", f"fit {_WIDE} [{n},{n}]") for n in (1500, 4000)}
HOUR = 3600.0
JUMPS = {"back": -HOUR, "ahead": HOUR}
YEAR = 365 * 24  # hours


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases."""
    found = of_one_run(bench, seed)
    found += _disks(bench, STAGED) + _signals(bench, STAGED, 4, seed)
    found += _disks(bench, SEVERAL, (0.1, 0.5, 0.8)) + _signals(bench, SEVERAL, 3, seed)
    found += _signals(bench, STACKED, 3, seed)
    draw = random.Random(f"{seed} worker")
    for _ in range(8):
        share = draw.uniform(0.2, 1)
        run = partial(_worker, bench, share * bench.reference(SEVERAL).seconds, draw.random())
        found.append(_case("one of several processes killed", f"after {share:.1%}", run))
    return found


def of_one_run(bench: Bench, seed: int) -> list[Case]:
    """The cases of a single run."""
    found = _disks(bench, PLAIN) + _signals(bench, PLAIN, 10, seed)
    for more in (0, 4, 8, 16, 32, 64, 96, 128, 192, 256):
        run = partial(_limited, bench, PLAIN, partial(_memory, more << 20))
        found.append(_case("little memory", f"{more} MiB", run))
    for width, most, step in ((1500, 68, 4), (4000, 300, 20)):
        bench.reference(WIDE[width])  # once, before the cases are tried side by side
        for more in range(most // 2, most, step):
            run = partial(_limited, bench, WIDE[width], partial(_memory, more << 20))
            found.append(_case("little memory", f"{WIDE[width].name}, {more} MiB", run))
    for name, hour in JUMPS.items():
        for share in (0.0, 0.2, 0.4, 0.6, 0.8):
            number = int(share * bench.reference(TIMED).changes)
            run = partial(_clock, bench, number, hour)
            found.append(_case("clock", f"an hour {name} at each reading after {share:.0%}", run))
        for hours in (1, YEAR):
            run = partial(_later, bench, hours * hour)
            found.append(_case("clock", f"{hours} hours {name}, killed", run))
            run = partial(_two, bench, PLAIN, bench.reference(PLAIN).seconds / 2, hours * hour)
            found.append(_case("clock", f"{hours} hours {name}, two commands", run))
    for how in ("folder", "folder of all runs", "file"):
        for command in ("new", "goes on", "compare", "predict", "export", "figures", "data"):
            run = partial(_no_right, bench, how, command)
            found.append(_case("no right to write", f"{how}, {command}", run))
    return found


def _case(what: str, name: str, run: Run) -> Case:
    return Case("resources", what, f"{what}: {name}", run)


SHARES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def _disks(bench: Bench, scenario: Scenario, shares: Sequence[float] = SHARES) -> list[Case]:
    """Disks that are full, and files that may not grow, at several sizes."""
    found = []
    size = sum(f.stat().st_size for f in bench.reference(scenario).out.rglob("*"))
    for share in shares:
        room, name = int(size * share), f"{scenario.name}, {share:.0%} of what it writes"
        if can_mount():
            found.append(_case("full disk", name, partial(_full_disk, bench, scenario, room)))
        run = partial(_limited, bench, scenario, partial(_files, room))
        found.append(_case("files that may not grow", name, run))
    return found


def _signals(bench: Bench, scenario: Scenario, number: int, seed: int) -> list[Case]:
    """Signals, and a second command, after random shares of a command's time."""
    draw = random.Random(f"{seed} {scenario.name}")
    seconds, found = bench.reference(scenario).seconds, []
    for _ in range(number):
        for what in SIGNALS:
            share = draw.uniform(0, 1)
            run: Run = partial(_signal, bench, scenario, what, share * seconds)
            found.append(_case(what.name, f"{scenario.name}, after {share:.1%}", run))
        share = draw.uniform(0, 1)
        run = partial(_two, bench, scenario, share * seconds, 0.0)
        found.append(_case("two commands", f"{scenario.name}, after {share:.1%}", run))
    return found


def can_mount() -> bool:
    """Whether this user may mount a file system."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def _files(size: int) -> None:
    """No file may become larger; what is printed is no file here."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size // 3, 4000), resource.RLIM_INFINITY))


def _memory(more: int) -> None:
    """So many bytes beside those that the process has, which has loaded PyTorch."""
    memory.PYTORCH = 0
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + more, resource.RLIM_INFINITY))


def _refused(ended: Ended) -> Outcome | None:
    """What is wrong with a command that could not do its work, if something is."""
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.status == 0 or ended.one_line:
        return None
    return Outcome("other end", f"status {ended.status}: {ended.last}")


def after(first: Ended, bench: Bench, scenario: Scenario, out: Path, folder: Path) -> Outcome:
    """What comes of a command with something in its way, and then with nothing."""
    wrong = _refused(first)
    if wrong is None and first.status == 0:
        differs = difference(state_of(out), bench.reference(scenario).state)
        wrong = Outcome("silent difference", f"status 0: {differs}") if differs else None
    return wrong or again(bench, scenario, out, folder)


def _limited(bench: Bench, scenario: Scenario, prepare: Act, folder: Path) -> Outcome:
    out = folder / "out"
    first = bench.start(scenario.words, out, folder / "limited", prepare).wait()
    return after(first, bench, scenario, out, folder)


def _full_disk(bench: Bench, scenario: Scenario, room: int, folder: Path) -> Outcome:
    """Runs on a disk that is full after so many bytes, and then is no more."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    made = subprocess.run([*mount, f"size={room}", "none", str(disk)], check=False)
    if made.returncode:
        return Outcome("other end", "mount failed")
    try:
        first = bench.start(scenario.words, disk / "out", folder / "full").wait()
        subprocess.run([*mount, "remount,size=100m", "none", str(disk)], check=True)
        return after(first, bench, scenario, disk / "out", folder)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def _no_right(bench: Bench, how: str, command: str, folder: Path) -> Outcome:
    """As a user who may read and not write; then as one who may."""
    out = folder / "out"
    expected = bench.reference(PLAIN)
    if command == "new":
        (out / "a" / "run" / "seed-42").mkdir(parents=True)
    else:
        shutil.copytree(expected.out, out)
    run = out / "a" / "run" / "seed-42"
    if command == "goes on":
        (run / "result.json").unlink()
    words = {
        "compare": "compare OUT/a --out OUT",
        "predict": PLAIN.words.replace("fit", "predict", 1),
        "export": f"export --ckpt_path {run}/checkpoints/last.ckpt --format safetensors --to"
        " OUT/net",
        "figures": "figures activations --out OUT",
        "data": "data fashion_mnist --root DATA --out OUT",
    }.get(command, PLAIN.words)
    shut = {"folder": [run], "folder of all runs": [out], "file": []}[how]
    if how == "folder of all runs":
        shut = [path for path in (out, *out.rglob("*")) if path.is_dir()]
    if how == "file":  # in the place of a folder that is wanted
        shutil.move(out, folder / "kept")
        out.write_text("")
    modes = {path: path.stat().st_mode for path in shut}
    for path in shut:
        path.chmod(0o555)
    first = bench.start(words, out, folder / "shut", _as_nobody).wait()
    for path, mode in modes.items():
        path.chmod(mode)
    if how == "file":
        out.unlink()
        shutil.move(folder / "kept", out)
    if command in ("new", "goes on"):
        return after(first, bench, PLAIN, out, folder)
    if (wrong := _refused(first)) is not None:
        return wrong
    if first.status == 0:
        return Outcome("same bits", "nothing had to be written there")
    return Outcome("one line" if str(out) in first.err else "other end", first.last)


def _as_nobody() -> None:
    """Nobody's rights, where this user has all."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _signal(
    bench: Bench, scenario: Scenario, what: signal.Signals, seconds: float, folder: Path
) -> Outcome:
    """A signal to the command alone; its other processes end with it."""
    out = folder / "out"
    process = bench.start(scenario.words, out, folder / "ended")
    time.sleep(seconds)
    process.send(what, to_all=what == signal.SIGINT)  # as a terminal sends Ctrl-C
    ended = process.wait()
    if ended.fault:
        return Outcome(ended.fault, f"{what.name}: {ended.last}")
    return signalled(what, ended, bench, scenario, out, folder)


def signalled(
    what: signal.Signals,
    ended: Ended,
    bench: Bench,
    scenario: Scenario,
    out: Path,
    folder: Path,
) -> Outcome:
    """What comes of a command that a signal may have ended, and of the same one then."""
    if ended.status not in {0, *SIGNALS[what]}:
        return Outcome("other end", f"{what.name}: status {ended.status}, {ended.last}")
    if ended.status == 0:
        return after(ended, bench, scenario, out, folder)
    return again(bench, scenario, out, folder)


def _tracks(pid: int) -> bool:
    """Whether a process is the small one that Python has beside, with no work of ours."""
    with contextlib.suppress(OSError):
        return "resource_tracker" in Path(f"/proc/{pid}/cmdline").read_text()
    return True


def _worker(bench: Bench, seconds: float, which: float, folder: Path) -> Outcome:
    """One of the processes that a command has begun is killed: it says so, or does without."""
    out = folder / "out"
    process = bench.start(SEVERAL.words, out, folder / "ended")
    time.sleep(seconds)
    others = [pid for pid in session(process.pid) if pid != process.pid and not _tracks(pid)]
    if others:
        with contextlib.suppress(ProcessLookupError):
            os.kill(others[int(which * len(others))], signal.SIGKILL)
    return after(process.wait(), bench, SEVERAL, out, folder)


def _two(bench: Bench, scenario: Scenario, seconds: float, later: float, folder: Path) -> Outcome:
    """The same command twice, so many seconds apart: the second one waits for nobody.

    By its clock it begins `later`.
    """
    out = folder / "out"
    first = bench.start(scenario.words, out, folder / "first")
    time.sleep(seconds)
    second = bench.start(scenario.words, out, folder / "second", clock_jumps(0, out, later))
    ends = [process.wait() for process in (first, second)]
    for ended in ends:
        if (wrong := _refused(ended)) is not None:
            return wrong
    one_run = len(run_folders(bench.reference(scenario).out)) == 1  # else each may meet the other
    if one_run and all(ended.status for ended in ends):
        return Outcome("other end", f"both refuse: {ends[0].last}; {ends[1].last}")
    return again(bench, scenario, out, folder)


def _clock(bench: Bench, number: int, seconds: float, folder: Path) -> Outcome:
    """The clock jumps in a training that has a minute: it ends as ever, as do its seconds."""
    out = folder / "out"
    prepare = clock_jumps(number, out, seconds, always=True)
    ended = bench.start(TIMED.words, out, folder / "log", prepare).wait()
    outcome = judge(ended, out, bench.reference(TIMED).state)
    if outcome.kind != "same bits":
        return outcome
    for run in run_folders(out):
        told = [float(row["seconds"]) for row in read_metrics(run)]
        told.append(read_result(run)["seconds_per_epoch"])
        if not all(0 <= t <= ended.seconds for t in told):
            return Outcome("silent difference", f"epochs of {told} s in {ended.seconds:.1f} s")
    return outcome


def _later(bench: Bench, seconds: float, folder: Path) -> Outcome:
    """A killed run goes on under a clock by which its files are older, or are not made yet."""
    out = folder / "out"
    prepare = killed_before(bench.reference(PLAIN).changes // 2, out)
    killed = bench.start(PLAIN.words, out, folder / "killed", prepare).wait()
    if killed.fault:
        return Outcome(killed.fault, f"when killed: {killed.last}")
    return again(bench, PLAIN, out, folder, clock_jumps(0, out, seconds))
