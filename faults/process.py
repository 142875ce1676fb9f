"""A command in a process of its own, forked from this one, which has imported everything."""

import atexit
import contextlib
import datetime
import itertools
import multiprocessing.util
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Seconds after which a command hangs, and in which its processes have to end after it: a server
# that is still importing torch ends when it has done so.
LIMIT, GRACE = 60.0, 60.0

Act = Callable[[], object]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: Its exit status, or minus the signal that ended it.
        out: What it printed.
        err: What it printed as errors.
        seconds: How long it took.
        hung: Whether it had to be ended.
        orphans: Number of its processes that outlived it.
    """

    status: int
    out: str
    err: str
    seconds: float
    hung: bool
    orphans: int

    @property
    def fault(self) -> str | None:
        """What no command may do, whatever is done to it."""
        if self.hung:
            return "hang"
        if self.orphans:
            return "orphan"
        return "traceback" if "Traceback" in self.err else None

    @property
    def one_line(self) -> bool:
        """Whether it ended as after a bad input: one line of error and status 2."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        return self.status == 2 and len(lines) == 1 and self.err.endswith(lines[0] + "\n")

    @property
    def last(self) -> str:
        """The last line of what it printed as errors."""
        return (self.err.strip().splitlines() or [f"status {self.status}"])[-1]


class Process:
    """A running command.

    Args:
        words: What follows ``python -m dnn_techniques``; or a function to call instead.
        log: Where its output goes: two files of this name.
        prepare: Called in the process before the command.
        folder: Its working folder.
    """

    def __init__(
        self,
        words: Sequence[str] | Callable[[], int],
        log: Path,
        prepare: Act | None = None,
        folder: Path | None = None,
    ) -> None:
        self.logs = log.with_suffix(".out"), log.with_suffix(".err")
        log.parent.mkdir(parents=True, exist_ok=True)
        for file in self.logs:
            file.write_text("")
        sys.stdout.flush()
        sys.stderr.flush()
        self.start = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._be(words, prepare, folder)

    def _be(
        self,
        words: Sequence[str] | Callable[[], int],
        prepare: Act | None,
        folder: Path | None,
    ) -> None:
        status = 1
        try:
            os.setsid()
            atexit._clear()
            for number, file in enumerate(self.logs, start=1):
                os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout = os.fdopen(os.dup(1), "w")
            sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
            if folder is not None:
                os.chdir(folder)
            if prepare is not None:
                prepare()
            status = words() if callable(words) else _main(words)
            multiprocessing.util._exit_function()  # type: ignore[attr-defined]
            threading._shutdown()  # type: ignore[attr-defined]
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except OSError:
                    status = status or 1
            os._exit(status)

    def send(self, what: signal.Signals, to_all: bool = False) -> None:
        """Send it a signal, or it and all its processes; nothing if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if to_all else os.kill)(self.pid, what)

    def wait(self, limit: float = LIMIT, grace: float = GRACE) -> Ended:
        """Wait until it has ended, and its processes with it."""
        hung = False
        while True:
            pid, raw = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - self.start > limit:
                hung = True
                self.send(signal.SIGKILL, to_all=True)  # none, before it has a session of its own
                self.send(signal.SIGKILL)
            time.sleep(0.005)
        seconds = time.monotonic() - self.start
        until = time.monotonic() + grace
        while (left := session(self.pid)) and time.monotonic() < until:
            time.sleep(0.05)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        out, err = (file.read_text(errors="replace") for file in self.logs)
        return Ended(os.waitstatus_to_exitcode(raw), out, err, seconds, hung, len(left))


def _main(words: Sequence[str]) -> int:
    from dnn_techniques.__main__ import start

    sys.argv[1:] = words
    return start()


def session(leader: int) -> list[int]:
    """Processes of a session that have not ended."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z" and int(fields[3]) == leader:
            found.append(int(folder.name))
    return found


# What changes a folder, beside `open`.
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}


def at_changes(folder: Path, act: Callable[[int], None]) -> Act:
    """Call `act` with 1, 2, ... before each change of a folder's files; for `Process.prepare`."""

    def prepare() -> None:
        count, within = 0, str(folder)

        def hook(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            if event == "open":
                flags = args[2]
                if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR):
                    return
            elif event not in CHANGES:
                return
            if _path(args).startswith(within):
                count += 1
                act(count)

        sys.addaudithook(hook)

    return prepare


def _path(args: tuple[object, ...]) -> str:
    """The path that an event is about; `shutil.rmtree` names files relative to an open folder."""
    path = args[0]
    path = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    if path and not Path(path).is_absolute() and isinstance(args[-1], int) and args[-1] > 2:
        with contextlib.suppress(OSError):
            return str(Path(f"/proc/self/fd/{args[-1]}").readlink() / path)
    return path


def killed_before(number: int, folder: Path) -> Act:
    """End the process, as by SIGKILL, before so many changes of a folder; for `prepare`."""

    def act(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return at_changes(folder, act)


def counted(folder: Path, file: Path) -> Act:
    """Count the changes of a folder: one byte each in a file; for `prepare`."""
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def act(count: int) -> None:
        os.write(number, b".")

    return at_changes(folder, act)


def clock_jumps(number: int, folder: Path, seconds: float, always: bool = False) -> Act:
    """Set the clock by so many seconds before a change of a folder, 0 for at once; for `prepare`.

    The clock is that of the day, as `time.time` and `datetime` tell it; the others only go on. If
    `always`, it jumps at every reading from then on, so that no two readings tell a length of time.
    """
    jumps = itertools.count(1) if always else itertools.repeat(1)

    class Day(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Day":
            return cls.fromtimestamp(time.time(), tz)

    def jump() -> None:
        time_of_day, nanoseconds = time.time, time.time_ns
        time.time = lambda: time_of_day() + seconds * next(jumps)
        time.time_ns = lambda: nanoseconds() + int(seconds * 1e9) * next(jumps)
        datetime.datetime = Day  # type: ignore[misc]

    def act(count: int) -> None:
        if count == number:
            jump()

    return at_changes(folder, act) if number else jump
