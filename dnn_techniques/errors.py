"""What a user did wrong, said in one line."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """An input that cannot be used; the message names the input and the remedy.

    The command line prints it as a single line and exits with status 2.
    """


def near(word: str, known: Iterable[str]) -> str:
    """Advice for a misspelt word: the known words that are near it, or some of all.

    >>> near("adan", ["adam", "sgd"])
    'did you mean adam?'
    >>> near("x", ["adam", "sgd"])
    'known are adam, sgd'
    """
    known = sorted(known)
    matches = difflib.get_close_matches(word, known)
    if matches:
        return f"did you mean {' or '.join(matches)}?"
    return f"known are {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
