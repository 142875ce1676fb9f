"""The command line: ``python -m dnn_techniques <command>``."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, Protocol

from dnn_techniques import __version__, memory, terminal
from dnn_techniques.commands import (
    compare,
    describe_data,
    draw_figures,
    export,
    list_experiments,
    pretraining_study,
    report,
    run_experiments,
    transfer_study,
    verify,
)
from dnn_techniques.errors import InputError


class Command(Protocol):
    """What each file of ``commands`` has."""

    HELP: str

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""

    def run(self, options: argparse.Namespace, command: str) -> None:
        """Run it. ``command`` is what was typed, for the pages that say how they were made."""


COMMANDS: dict[str, Command] = {
    "list": list_experiments,
    "run": run_experiments,
    "compare": compare,
    "verify": verify,
    "report": report,
    "figures": draw_figures,
    "data": describe_data,
    "export": export,
    "pretraining-study": pretraining_study,
    "transfer-study": transfer_study,
}
# These need no PyTorch.
QUICK = ("list", "compare")
STUDIES = ("pretraining-study", "transfer-study")
# LightningCLI knows the options of these, --help included.
TRAINER_COMMANDS = {
    "fit": "train one experiment: fit -c bn/before_activation",
    "validate": "validation figures of a run's weights: validate -c EXPERIMENT [--ckpt_path FILE]",
    "test": "test figures of a run's weights",
    "predict": "classes that a run's weights predict for the test images",
    "find-lr": "learning-rate range test of an experiment: find-lr -c EXPERIMENT [--max_lr 10]",
    "find-reuse": "how many layers of an earlier run to reuse: find-reuse -c EXPERIMENT",
    "print-net": "layers, shapes and parameters of an experiment's net: print-net -c EXPERIMENT",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0, 2 after one line about a bad input, 130 after Ctrl-C.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    command = shlex.join(["python", "-m", "dnn_techniques", *args])
    if args[:1] == ["run"] and args[1:2] and args[1] in STUDIES:
        args = args[1:]
    if os.environ.get("LOCAL_RANK", "0") != "0":
        # The first of several processes that train together speaks for all.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # for modules and data of one's own
    try:
        options, further = _parser().parse_known_args(args)
        options.further = further
        quick = options.command in QUICK or getattr(options, "html", False)
        if not quick:
            memory.check_limit()
        if options.command != "list" and sys.stderr.isatty():
            what = "reading runs" if quick else "loading PyTorch"  # takes seconds
            print(f"{what} ...", end="\r", file=sys.stderr, flush=True)
        if options.command in TRAINER_COMMANDS:
            _run_trainer_command(options.command, args[1:], command)
        elif further and options.command != "run":
            raise InputError(f"{options.command} has no option {further[0]}; see --help")
        else:
            COMMANDS[options.command].run(options, command)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever reads us, as `head`, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InputError, OSError) as error:
        print(terminal.fit(f"error: {error}", terminal.width()), file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"error: not enough memory: {error or 'none is left'}", file=sys.stderr)
        return 2
    except (ImportError, SystemError) as error:
        if memory.limit() is None:
            raise
        print(f"error: not enough memory under `ulimit -v`: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; `run`, `fit` and the like go on when given again", file=sys.stderr)
        return 130
    return 0


def _run_trainer_command(name: str, words: Sequence[str], command: str) -> None:
    if name == "fit":
        from dnn_techniques.commands.fit import fit

        fit(words)
    elif name == "find-lr":
        from dnn_techniques.commands.find_lr import find_lr

        find_lr(words)
    elif name == "find-reuse":
        from dnn_techniques.commands.find_reuse import find_reuse

        find_reuse(words, command)
    elif name == "print-net":
        from dnn_techniques.commands.print_net import print_net

        print_net(words)
    else:
        from dnn_techniques.runs.evaluate import evaluate

        evaluate(name, words)


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="dnn_techniques",
        description="The techniques of training deep neural networks, compared with the documents.",
    )
    parser.add_argument("--version", action="version", version=f"dnn_techniques {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        command.add_options(commands.add_parser(name, help=command.HELP, allow_abbrev=False))
    for name, help in TRAINER_COMMANDS.items():
        commands.add_parser(name, help=help, add_help=False)
    return parser
