"""``export``: write a trained net for Keras, ONNX, torch.export or safetensors."""

import argparse
from collections.abc import Callable
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.terminal import say

HELP = "write a trained net for Keras, ONNX, torch.export or safetensors"
FORMATS = ("keras", "onnx", "torch", "safetensors")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--ckpt_path", required=True, help="a run's checkpoint, as best.ckpt")
    parser.add_argument(
        "-c",
        "--config",
        help="the experiment that names the module (default: the config.yaml of the run)",
    )
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--to", required=True, help="the file; for Keras it ends in .h5 or .keras")
    parser.add_argument(
        "--input_shape",
        type=int,
        nargs="+",
        metavar="SIZE",
        help="of an image, for example 28 28 (default: all its pixels in a row)",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Write the file.

    Raises:
        InputError: If there are no such weights, or the net cannot be written.
    """
    from dnn_techniques.runs.load import load_module
    from dnn_techniques.weights import export_onnx, export_torch, save_keras, save_safetensors

    writers: dict[str, Callable[..., None]] = {
        "keras": save_keras,
        "onnx": export_onnx,
        "torch": export_torch,
    }
    module = load_module(Path(options.ckpt_path), options.config)
    net = getattr(module, "net", module)
    if options.format == "safetensors":
        if options.input_shape:
            raise InputError("--input_shape is for other formats: this file says nothing of inputs")
        save_safetensors(net, Path(options.to))
        say(f"weights of {type(module).__name__}'s net written to {options.to}")
        return
    shape, example = options.input_shape, module.example_input_array
    if shape is None and isinstance(example, tuple):  # a net of several inputs
        shape = [tuple(x.shape[1:]) for x in example]
    writers[options.format](net, Path(options.to), shape)
    say(f"{type(module).__name__} written to {options.to}; its outputs are those of its net")
