"""``figures``: draw the pictures of the chapter, of a group of runs, and of a run."""

import argparse
from pathlib import Path

from dnn_techniques import terminal
from dnn_techniques.errors import InputError, near
from dnn_techniques.figures import FIGURES
from dnn_techniques.terminal import say

HELP = "draw the pictures of the chapter, of a group of runs, or of a run"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(
        terminal.fit(f"{figure.name:22s} {figure.title}", terminal.width() or 80, hang=23)
        for figure in FIGURES.values()
    )
    parser.add_argument(
        "name",
        nargs="*",
        help="which, see below (default: all); or a folder: of a run, for its layers, confusion"
        " matrix and worst images, or of several, for their accuracy against the seconds",
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Draw the pictures that can be drawn.

    Raises:
        InputError: If one is unknown, or needs runs that are not there.
    """
    folders = [Path(name) for name in options.name if name not in FIGURES and Path(name).is_dir()]
    names = [name for name in options.name if Path(name) not in folders]
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise InputError(f"unknown figure {unknown[0]!r}: {near(unknown[0], FIGURES)}")
    from dnn_techniques.files import check_writable, write_figure

    check_writable(options.out)
    missing = []
    for folder in folders:
        draw = draw_run if (folder / "result.json").exists() else draw_runs
        draw(folder, Path(options.out))
    for name in names or ([] if folders else FIGURES):
        path = Path(options.out, "figures", f"{name}.png")
        try:
            write_figure(path, FIGURES[name].draw(Path(options.out)))
            say(f"{path}: {FIGURES[name].title}")
        except InputError as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise InputError("not drawn: " + "; ".join(missing))


def draw_run(folder: Path, out: Path) -> None:
    """Draw what a finished run's net holds, and what it takes for what, into its folder.

    Raises:
        InputError: If its weights or its data cannot be used.
    """
    from dnn_techniques.data import ImageData
    from dnn_techniques.figures import layer_values
    from dnn_techniques.files import write_figure, write_text
    from dnn_techniques.modules import Classifier
    from dnn_techniques.runs.run_folder import LAYERS, read_result

    result = read_result(folder)
    name = f"{result['experiment']}, seed {result['seed']}"
    module, data = layer_values.load(folder)
    layers = layer_values.layer_values(module, layer_values.first_batch(data))
    write_figure(folder / f"{LAYERS}.png", layer_values.draw(layers, name))
    write_text(folder / f"{LAYERS}.csv", layer_values.table(layers))
    say(f"{folder / LAYERS}.png: weights, outputs and gradients by layer")
    if isinstance(module, Classifier) and isinstance(data, ImageData):
        draw_mistakes(folder, name)
    else:
        what = f"{type(module).__name__} on {type(data).__name__}"
        say(f"no confusion matrix: it is for a Classifier on ImageData, not for {what}")


def draw_mistakes(folder: Path, name: str) -> None:
    """Draw the confusion matrix and the worst images of a classifier of images."""
    from dnn_techniques.figures import mistakes
    from dnn_techniques.figures.trained import load_run
    from dnn_techniques.files import write_figure, write_text
    from dnn_techniques.runs.run_folder import CONFUSION, WORST

    trained = load_run(folder, name, f"delete {folder} and make the run again")
    found = mistakes.mistakes(trained)
    write_figure(folder / f"{CONFUSION}.png", mistakes.draw_confusion(trained, found))
    write_figure(folder / f"{WORST}.png", mistakes.draw_worst(trained, found))
    write_text(folder / f"{WORST}.csv", mistakes.table(trained, found))
    say(f"{folder}: confusion.png, worst.png; worst.csv has every test image, the worst first")


def draw_runs(folder: Path, out: Path) -> None:
    """Draw the accuracy of the experiments in a folder against the seconds, into the folder.

    Raises:
        InputError: If there is no finished run.
    """
    from dnn_techniques.files import write_figure
    from dnn_techniques.results.finished import find_runs
    from dnn_techniques.results.run_sets import has_finished_runs, read_runs
    from dnn_techniques.results.seconds import draw_seconds

    where, experiments = find_runs(str(folder), out)
    names = [e.name for e in experiments if has_finished_runs(where, e.name)]
    if not names:
        raise InputError(f"no finished run in {folder}")
    write_figure(folder / "seconds.png", draw_seconds([read_runs(where, name) for name in names]))
    say(f"{folder / 'seconds.png'}: validation accuracy against the seconds of training")
