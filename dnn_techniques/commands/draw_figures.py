"""``figures``: draw the pictures of the chapter."""

import argparse
from pathlib import Path

from dnn_techniques import terminal
from dnn_techniques.errors import InputError, near
from dnn_techniques.figures import FIGURES
from dnn_techniques.terminal import say

HELP = "draw the pictures of the chapter"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(
        terminal.fit(f"{figure.name:22s} {figure.title}", terminal.width() or 80, hang=23)
        for figure in FIGURES.values()
    )
    parser.add_argument("name", nargs="*", help="which, see below (default: all)")
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Draw the pictures that can be drawn.

    Raises:
        InputError: If one is unknown, or needs runs that are not there.
    """
    unknown = [name for name in options.name if name not in FIGURES]
    if unknown:
        raise InputError(f"unknown figure {unknown[0]!r}: {near(unknown[0], FIGURES)}")
    from dnn_techniques.files import check_writable, write_figure

    check_writable(options.out)
    missing = []
    for name in options.name or FIGURES:
        path = Path(options.out, "figures", f"{name}.png")
        try:
            write_figure(path, FIGURES[name].draw(Path(options.out)))
            say(f"{path}: {FIGURES[name].title}")
        except InputError as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise InputError("not drawn: " + "; ".join(missing))
