"""``data``: describe a data set and draw samples of it."""

import argparse
from pathlib import Path

HELP = "describe a data set and draw samples of it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("name", nargs="?", help="fashion_mnist (default), mnist, cifar10 or digits")
    parser.add_argument("--root", "--data.root", help="folder of the archives")
    parser.add_argument("--out", default="runs", help="folder of the picture (default runs)")


def run(options: argparse.Namespace, command: str) -> None:
    """Print shapes, classes and digest, and draw the samples."""
    import numpy as np

    from dnn_techniques.data import load
    from dnn_techniques.data.archive import PARTS
    from dnn_techniques.data.sheet import draw_sheet
    from dnn_techniques.files import check_writable

    check_writable(options.out)
    arrays = load(options.name, options.root)
    print(f"{arrays.facts.name}, from {arrays.source}")
    for part in PARTS:
        array = getattr(arrays, part)
        print(f"{part:8s} {array.shape} {array.dtype}")
    print(f"{'label':>5}  {'class':12s} {'train':>6} {'test':>6}")
    for label, name in enumerate(arrays.facts.class_names):
        train, test = (int(np.sum(y == label)) for y in (arrays.y_train, arrays.y_test))
        print(f"{label:5d}  {name:12s} {train:6,d} {test:6,d}")
    print(f"sha256 {arrays.digest()}")
    if arrays.digest() != arrays.facts.sha256:
        print("not the documents' data: no documented figure applies")
    sheet = Path(options.out, "data", f"{arrays.facts.name}.png")
    draw_sheet(arrays, sheet)
    print(f"samples drawn in {sheet}")
