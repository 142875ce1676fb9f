import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.runs.pool import Report, Task, default_jobs, run_in_processes


def work(what: tuple[str, Any], report: Report) -> Any:
    kind, value = what
    if kind == "refuse":
        raise InputError(value)
    if kind == "break":
        raise ZeroDivisionError(value)
    if kind == "die":
        os._exit(3)
    if kind == "sleep":
        time.sleep(value)
    if kind == "tell":
        report(str(os.getpid()))
        time.sleep(60)
    if kind == "variable":
        return os.environ.get(value)
    report(f"{kind} {value}")
    return value


def run(*tasks: Task) -> tuple[list[str], list[Any]]:
    """Messages and results, in order."""
    told: list[str] = []
    done: list[Any] = []
    run_in_processes(
        work, tasks, 2, lambda task, line: told.append(line), lambda task, value: done.append(value)
    )
    return told, done


def test_a_task_comes_after_the_one_that_it_builds_on() -> None:
    later = Task("later", ("give", 2), after="first")
    other = Task("other", ("give", 3), after="not among them")
    told, done = run(later, Task("first", ("sleep", 0.3)), other)
    assert told == ["give 3", "sleep 0.3", "give 2"]
    assert done == [3, 0.3, 2]


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("refuse", InputError, "^bad: too much$"),
        ("break", ZeroDivisionError, "too much"),
        ("die", InputError, "^bad or long: a process was ended, for lack of memory"),
    ],
)
def test_a_failure_has_a_name_and_stops_the_others(
    kind: str, error: type[Exception], message: str
) -> None:
    start = time.monotonic()
    with pytest.raises(error, match=message):
        run(Task("bad", (kind, "too much")), Task("long", ("sleep", 60)))
    assert time.monotonic() - start < 30


def test_a_server_that_was_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def submit(*args: object) -> None:
        raise EOFError("unexpected EOF")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.submit", submit)
    with pytest.raises(InputError, match=r"^it: a process was ended, for lack of memory perhaps"):
        run(Task("it", ("give", 1)))


def test_no_signal_comes_while_locks_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception between the taking of a lock and the block that frees it leaves it taken."""
    real, within = concurrent.futures.wait, []

    def wait(*args: Any, **kwargs: Any) -> Any:
        within.append(True)
        signal.raise_signal(signal.SIGTERM)
        result = real(*args, **kwargs)
        within.pop()
        return result

    def end(number: int, frame: object) -> None:
        raise SystemExit("in a lock" if within else "outside")

    monkeypatch.setattr("dnn_techniques.runs.pool.wait", wait)
    before = signal.signal(signal.SIGTERM, end)
    try:
        start = time.monotonic()
        with pytest.raises(SystemExit, match="outside"):
            run(Task("long", ("sleep", 60)))
        assert time.monotonic() - start < 30
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_environment_is_that_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("one", "another"):
        monkeypatch.setenv("MY_VARIABLE", value)
        assert run(Task("it", ("variable", "MY_VARIABLE"))) == ([], [value])


def test_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert [default_jobs(threads) for threads in (1, 3, 16)] == [8, 2, 1]


PARENT = """
from dnn_techniques.runs.pool import Task, run_in_processes
from tests.runs.test_pool import work
tasks = [Task(str(i), ("tell", "")) for i in range(4)]
run_in_processes(work, tasks, 2, lambda task, line: print(line, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_process_outlives_its_parent(how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(how)
    parent.wait()
    deadline = time.monotonic() + 20
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
