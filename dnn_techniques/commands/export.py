"""``export``: write a trained net for Keras, ONNX or torch.export."""

import argparse
from collections.abc import Callable
from pathlib import Path

HELP = "write a trained net for Keras, ONNX or torch.export"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--ckpt_path", required=True, help="a run's checkpoint, as best.ckpt")
    parser.add_argument(
        "-c",
        "--config",
        help="the experiment that names the module (default: the config.yaml of the run)",
    )
    parser.add_argument("--format", required=True, choices=("keras", "onnx", "torch"))
    parser.add_argument("--to", required=True, help="the file; for Keras it ends in .h5 or .keras")
    parser.add_argument(
        "--input_shape",
        type=int,
        nargs="+",
        metavar="SIZE",
        help="of an image, for example 28 28 (default: all its pixels in a row)",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Write the file."""
    from dnn_techniques.runs.load import load_module
    from dnn_techniques.weights import export_onnx, export_torch, save_keras

    writers: dict[str, Callable[..., None]] = {
        "keras": save_keras,
        "onnx": export_onnx,
        "torch": export_torch,
    }
    module = load_module(Path(options.ckpt_path), options.config)
    shape, example = options.input_shape, module.example_input_array
    if shape is None and isinstance(example, tuple):  # a net of several inputs
        shape = [tuple(x.shape[1:]) for x in example]
    writers[options.format](getattr(module, "net", module), Path(options.to), shape)
    print(f"{type(module).__name__} written to {options.to}; its outputs are those of its net")
