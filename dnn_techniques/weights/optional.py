"""Libraries that only this part needs, imported when it is asked for."""

from importlib import import_module
from typing import Any

from dnn_techniques.errors import InputError


def need(library: str, extra: str) -> Any:
    """Import a library of one of the project's extras.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return import_module(library)
    except ImportError as error:
        raise InputError(
            f"{library} is not installed: pip install 'dnn-techniques[{extra}]'"
        ) from error
