"""Errors of the command line's parsers in one line, with the option that was probably meant."""

import argparse
import re
from typing import NoReturn

from pytorch_lightning.cli import LightningArgumentParser

from dnn_techniques.errors import InputError, near

# Lines of jsonargparse's reports that tell a programmer about types and a user nothing.
_NOISE = re.compile(
    r"^(Does not validate against any of the Union subtypes|Subtypes: .*|Errors:"
    r"|Given value type: .*|Given value: .*[({].*|Expected (a )?NoneType|Expected a path but .*"
    r"|Not a valid subclass of .*|Subclass types expect one of:|a class path \(str\)"
    r"|a dict with .*|a dict without .*)$"
)


class OneLineParser(LightningArgumentParser):
    """A Lightning parser that raises `InputError` where others print their usage and exit."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the message as one line."""
        unknown = re.search(r"[Oo]ption '([\w.]+)'|unrecognized arguments: --([\w.]+)", message)
        advice = ""
        if unknown and "did you mean" not in message and "--help" not in message:
            word = (unknown[1] or unknown[2]).removesuffix(".class_path")
            advice = near(word, _options(self))
            advice = f"; {advice if advice.startswith('did') else 'see fit --help'}"
        raise InputError(one_line(message) + advice) from ex


def one_line(message: str) -> str:
    r"""What a report of jsonargparse says to a user.

    >>> one_line("Parser key 'x':\n  Errors:\n    - Expected a <class 'int'>\n  Given value: a")
    '--x: Expected a int Given value: a'
    """
    message = re.sub(r"Parser key ['\"]([\w.]+)['\"]", r"--\1", message)
    message = re.sub(r"<class '([\w.]+)'>", r"\1", message)
    message = re.sub(r"a typing\.Literal\[(.*?)\]", r"one of \1", message)
    lines = [line.strip().removeprefix("- ") for line in message.splitlines()]
    return " ".join(line for line in lines if line and not _NOISE.match(line))


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Names of all options of a parser and its subcommands."""
    options = {option.lstrip("-") for option in parser._option_string_actions}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            options.update(*map(_options, action.choices.values()))
    return options
