"""``data``: describe a data set and draw samples of it."""

import argparse
from pathlib import Path

from dnn_techniques.terminal import say

HELP = "describe a data set and draw samples of it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    names = "fashion_mnist (default), mnist, cifar10, digits, california_housing, or an .npz table"
    parser.add_argument("name", nargs="?", help=names)
    parser.add_argument("--root", "--data.root", help="folder of the archives")
    parser.add_argument("--out", default="runs", help="folder of the picture (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Print shapes, classes or features, and digest, and draw the samples."""
    from dnn_techniques.documents.catalog import TABLES
    from dnn_techniques.files import check_writable

    check_writable(options.out)
    name = options.name or ""
    describe = describe_table if name in TABLES or name.endswith(".npz") else describe_images
    describe(options)


def describe_images(options: argparse.Namespace) -> None:
    """Print how many images each class has, and draw the first ones."""
    import numpy as np

    from dnn_techniques.data import load
    from dnn_techniques.data.archive import PARTS
    from dnn_techniques.data.sheet import draw_sheet

    arrays = load(options.name, options.root)
    say(f"{arrays.facts.name}, from {arrays.source}")
    for part in PARTS:
        array = getattr(arrays, part)
        say(f"{part:8s} {array.shape} {array.dtype}")
    say(f"{'label':>5}  {'class':12s} {'train':>6} {'test':>6}")
    for label, name in enumerate(arrays.facts.class_names):
        train, test = (int(np.sum(y == label)) for y in (arrays.y_train, arrays.y_test))
        say(f"{label:5d}  {name:12s} {train:6,d} {test:6,d}")
    say(f"sha256 {arrays.digest()}")
    if arrays.digest() != arrays.facts.sha256:
        say("not the documents' data: no documented figure applies")
    sheet = Path(options.out, "data", f"{arrays.facts.name}.png")
    draw_sheet(arrays, sheet)
    say(f"samples drawn in {sheet}")


def describe_table(options: argparse.Namespace) -> None:
    """Print the range of each column, and draw how its values are spread."""
    from dnn_techniques.data import load_table
    from dnn_techniques.data.sheet import draw_columns

    table = load_table(options.name, options.root)
    say(f"{table.facts.name}, from {table.source}")
    say(f"{len(table.x):,} rows")
    say(f"{'column':12s} {'mean':>10} {'deviation':>10} {'smallest':>10} {'largest':>10}")
    for name, values in table.columns().items():
        figures = (values.mean(), values.std(), values.min(), values.max())
        say(f"{name:12s} {' '.join(f'{figure:10.4g}' for figure in figures)}")
    say(f"sha256 {table.digest()}")
    if table.facts.sha256 not in (None, table.digest()):
        say("not the documents' data: no documented figure applies")
    sheet = Path(options.out, "data", f"{table.facts.name}.png")
    draw_columns(table, sheet)
    say(f"values drawn in {sheet}")
