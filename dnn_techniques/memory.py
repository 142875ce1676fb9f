"""Lack of memory, where Python or a library would crash or wait for ever instead of saying so."""

import sys

from dnn_techniques.errors import InputError

# What PyTorch takes of the addresses that `ulimit -v` limits, before it has done anything. With
# less its import crashes, waits for ever, or raises whatever the step that failed leads to.
PYTORCH = 4 << 30

# What has to be left for a thread to begin with: Python waits for ever for one that begins without
# any memory (CPython issue 140746), and TensorBoard has threads.
_ROOM = 32 << 20


def limit() -> int | None:
    """The bytes of addresses that this process may have, None if there is no limit."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def check_limit() -> None:
    """Refuse a limit under which PyTorch cannot be loaded.

    Raises:
        InputError: If there is one.
    """
    allowed = limit()
    if allowed is not None and allowed < PYTORCH:
        raise InputError(
            f"not enough memory: `ulimit -v` allows {allowed >> 20} MiB, and PyTorch takes"
            f" {PYTORCH >> 20} by itself; lift the limit with `ulimit -v unlimited`"
        )


def check_room() -> None:
    """Make sure that threads can begin.

    Raises:
        MemoryError: If not.
    """
    bytearray(_ROOM)
