"""Signals that come only where they can do no harm."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

# Windows has no SIGHUP.
_ENDING = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextlib.contextmanager
def signals_wait() -> Iterator[Callable[[], None]]:
    """Let signals wait that raise an exception, for the length of a block.

    One that is raised anywhere leaves locks held for ever, as those of `concurrent.futures`, or is
    lost, as in what is called when an object is freed. To block signals is not enough: Python
    calls their handlers here when another thread gets them.

    Yields:
        What lets those through that came so far, within the block; the rest come at its end.
    """
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if callable(handler := signal.getsignal(number)):
                handlers[number] = handler
    came: list[int] = []

    def wait() -> None:
        for number in handlers:
            signal.signal(number, lambda number, frame: came.append(number))

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def handle() -> None:
        restore()
        while came:
            number = came.pop(0)
            handlers[number](number, None)

    def let_through() -> None:
        if came:
            try:
                handle()
            finally:
                wait()

    wait()
    try:
        yield let_through
    finally:
        handle()
