"""Processes forked from one that has imported torch and Lightning, which takes seconds, once.

This module imports neither, so that the server can start while its parent imports them itself.
"""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing import forkserver

PRELOADED = "dnn_techniques.trainer_cli"

context = multiprocessing.get_context("forkserver")


def start_server() -> None:
    """Start the process that the workers are forked from, and let it import what they need."""
    context.set_forkserver_preload([PRELOADED])
    with ctrl_c_ignored():
        forkserver.ensure_running()


@contextlib.contextmanager
def ctrl_c_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for the length of a block; processes started in it ignore it for good."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
