"""``pretraining-study``: accuracy with few labels, with and without pretraining."""

import argparse
from pathlib import Path

from dnn_techniques.checks import check_seeds
from dnn_techniques.terminal import say

HELP = "accuracy with few labels, with and without pretraining on all images (minutes)"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--name", help="data set (default fashion_mnist)")
    parser.add_argument("--root", help="folder of the archives")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds, from 42 up")
    parser.add_argument(
        "--labels",
        type=int,
        nargs="+",
        default=[20, 100, 500, 2000],
        help="numbers of labelled images (default 20 100 500 2000)",
    )
    parser.add_argument(
        "--pretraining", type=int, default=5, help="epochs over all training images"
    )
    parser.add_argument("--epochs", type=int, default=60, help="epochs over the labelled images")
    parser.add_argument(
        "--frozen", type=int, default=20, help="of them with the pretrained layers frozen"
    )
    parser.add_argument("--out", default="runs", help="folder of the run folders (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Train all nets of the study, and write its tables and picture.

    Raises:
        InputError: If an option is out of range.
    """
    from dnn_techniques.data import ImageData
    from dnn_techniques.files import check_writable
    from dnn_techniques.runs.quiet import quiet_lightning
    from dnn_techniques.runs.seeds import DEFAULT_SEED
    from dnn_techniques.studies.few_labels import Settings, measure
    from dnn_techniques.studies.few_labels_page import write_study

    check_seeds(options.seeds)
    check_writable(options.out)
    folder = Path(options.out, "pretraining-study")
    data = ImageData(options.name, options.root)
    data.prepare_data()
    seeds = range(DEFAULT_SEED, DEFAULT_SEED + options.seeds)
    labels = sorted(set(options.labels))
    settings = Settings(seeds, labels, options.pretraining, options.epochs, options.frozen)
    settings.check(data)
    with quiet_lightning():
        found = measure(settings, data)
    tables = write_study(folder, command, settings, data, found)
    say(f"\n{tables}\n{folder}: summary.md, results.json, accuracy.png")
