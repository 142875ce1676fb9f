"""``python -m dnn_techniques``: the command line in a process that signals end in good order."""

import signal
import sys


def start() -> int:
    """Run the command that was typed.

    TERM and HUP end it as Ctrl-C does, so that what it has begun in other processes ends with it.
    One that is ignored, as under ``nohup``, stays so.

    Returns:
        The exit status of `dnn_techniques.cli.main`.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        from dnn_techniques.cli import main

        return main()
    except KeyboardInterrupt:  # before the command began
        return 128 + signal.SIGINT


def _end(number: int, frame: object) -> None:
    """End the command; a training is ended by Lightning, which does so on TERM after a batch."""
    if signal.getsignal(signal.SIGTERM) == _end:
        sys.exit(128 + number)
    if number != signal.SIGTERM:
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(start())
