"""The engine, where it is there: the package trains without the folder engine/, more slowly."""

from collections.abc import Callable
from importlib.util import find_spec

import pytorch_lightning as pl

from dnn_techniques import terminal
from dnn_techniques.errors import InputError
from dnn_techniques.runs.options import Engine


def require_engine(option: str) -> None:
    """Check that there is an engine for an option that cannot do without.

    Raises:
        InputError: If there is none.
    """
    if not find_spec("dnn_techniques.engine"):
        raise InputError(f"{option} needs the folder dnn_techniques/engine, which is not here")


def attach_engine(
    trainer: pl.Trainer,
    engine: Engine = "fast",
    say: Callable[[str], None] = terminal.say,
) -> None:
    """Let a Trainer train fast, unless it shall train plainly or there is no engine."""
    if engine != "plain" and find_spec("dnn_techniques.engine"):
        from dnn_techniques.engine import attach

        attach(trainer, say)
