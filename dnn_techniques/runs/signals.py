"""Signals that come only where they can do no harm."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]

# Windows has no SIGHUP.
_ENDING = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextlib.contextmanager
def signals_wait() -> Iterator[Callable[[], None]]:
    """Let signals wait that raise an exception, for the length of a block.

    An exception that is raised just anywhere can leave a lock taken for ever, as those of
    `concurrent.futures`, or is lost, as in a finalizer. To block the signals is not enough: another
    thread may get them, and Python calls their handlers in this one all the same.

    Yields:
        What lets those through that came so far, within the block; the rest come at its end.
    """
    handlers: dict[int, Handler] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if callable(handler := signal.getsignal(number)):
                handlers[number] = handler
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    def handle() -> None:
        _install(handlers)
        while came:
            number = came.pop(0)
            handlers[number](number, None)

    def let_through() -> None:
        if came:
            try:
                handle()
            finally:
                _install(dict.fromkeys(handlers, note))

    try:
        _install(dict.fromkeys(handlers, note))
        yield let_through
    finally:
        handle()


def _install(handlers: Mapping[int, Handler]) -> None:
    """Install all, even if a signal that comes meanwhile raises an exception."""
    left = dict(handlers)
    try:
        while left:
            number = next(iter(left))
            signal.signal(number, left[number])
            del left[number]
    finally:
        for number, handler in left.items():
            signal.signal(number, handler)
