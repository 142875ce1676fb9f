"""A command in a Python of its own, which has still to import everything."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from faults.bench import Bench
from faults.case import Case, Outcome, Run
from faults.process import LIMIT, Act, Ended, session
from faults.resources import PLAIN, SIGNALS, after, signalled

STARTING = 3.0  # seconds in which a command imports what it needs, or so
MEBIBYTES = (64, 256, 1024, 2048, 3200, 3400, 3600, 3800, 4000, 4100, 4200, 4400, 5000)


def cases(bench: Bench, seed: int) -> list[Case]:
    """Too few addresses, and signals while it starts."""
    bench.reference(PLAIN)  # once, before the cases are tried side by side
    found = []
    for mebibytes in MEBIBYTES:
        run = partial(_ulimit, bench, mebibytes << 20)
        found.append(_case("ulimit -v", f"{mebibytes} MiB", run))
    draw = random.Random(f"{seed} start")
    for what in SIGNALS:
        for _ in range(5):
            seconds = draw.uniform(0.2, STARTING)
            run = partial(_at_start, bench, what, seconds)
            found.append(_case(what.name, f"after {seconds:.2f} s", run))
    return found


def _case(what: str, name: str, run: Run) -> Case:
    return Case("starts", what, f"{what}: {name}", run)


def _at_start(bench: Bench, what: signal.Signals, seconds: float, folder: Path) -> Outcome:
    """A signal to a new Python, which imports what it needs."""
    out = folder / "out"
    process = _start(bench, out)
    time.sleep(seconds)
    process.send_signal(what)
    ended = _ended(process)
    if ended.fault:
        return Outcome(ended.fault, f"{what.name}: {ended.err[-300:]}")
    return signalled(what, ended, bench, PLAIN, out, folder)


def _ulimit(bench: Bench, bytes: int, folder: Path) -> Outcome:
    """A new Python that may have so many bytes of addresses."""
    out = folder / "out"
    limits = (bytes, resource.RLIM_INFINITY)
    process = _start(bench, out, lambda: resource.setrlimit(resource.RLIMIT_AS, limits))
    return after(_ended(process), bench, PLAIN, out, folder)


def _start(bench: Bench, out: Path, prepare: Act | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "dnn_techniques", *bench.words(PLAIN.words, out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )


def _ended(process: "subprocess.Popen[str]") -> Ended:
    """How a new Python ended."""
    start, hung = time.monotonic(), False
    try:
        _, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        hung = True
        process.kill()
        _, err = process.communicate()
    left = session(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return Ended(process.returncode, "", err, time.monotonic() - start, hung, len(left))
