"""Libraries that only this part needs, imported when it is asked for."""

from importlib import import_module
from typing import Any

from dnn_techniques.errors import InputError


def need(library: str, packages: str) -> Any:
    """Import a library of one of the project's extras.

    Args:
        library: Its name.
        packages: All packages of the extra, for pip.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return import_module(library)
    except ImportError as error:
        raise InputError(f"{library} is not installed: pip install {packages}") from error
