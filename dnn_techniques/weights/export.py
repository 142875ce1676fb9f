"""A net for other runtimes: ONNX and torch.export."""

import io
import warnings
from os import PathLike
from pathlib import Path

import torch
from torch import nn

from dnn_techniques.files import write_bytes
from dnn_techniques.weights.example import Shape, example_inputs, in_inference
from dnn_techniques.weights.optional import need


def export_onnx(
    net: nn.Module, path: str | PathLike[str], input_shape: Shape | None = None
) -> None:
    """Write a net in inference mode as an ONNX model with input ``x`` and output ``logits``.

    Any number of samples can be given to it. Several inputs are called as the arguments of the
    net's `forward`, several outputs ``output1``, ``output2`` and so on.

    Args:
        net: Any module that torch can trace. For a `Classifier` give its `net`.
        path: The file; it is replaced in one step.
        input_shape: Of one sample; by default as many values in a row as the first layer takes. For
            several inputs a shape of each.

    Raises:
        InputError: If onnx and onnxscript are not installed, or the net takes no such samples.

    Example::

        export_onnx(module.net, "net.onnx", input_shape=(28, 28))
        onnxruntime.InferenceSession("net.onnx").run(None, {"x": images})[0]
    """
    need("onnx", "onnx onnxscript")
    need("onnxscript", "onnx onnxscript")
    inputs = example_inputs(net, input_shape)
    samples = {0: torch.export.Dim("samples")}
    quiet = in_inference(net)
    with torch.no_grad():
        outputs = quiet(*inputs.values())
    several = [f"output{i + 1}" for i in range(len(outputs))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's, about its own use of torch
        program = torch.onnx.export(
            quiet,
            tuple(inputs.values()),
            dynamo=True,
            verbose=False,
            input_names=list(inputs),
            output_names=several if isinstance(outputs, tuple) else ["logits"],
            dynamic_shapes=(samples,) * len(inputs),
        )
    assert program is not None
    write_bytes(Path(path), program.model_proto.SerializeToString())


def export_torch(
    net: nn.Module, path: str | PathLike[str], input_shape: Shape | None = None
) -> None:
    """Write a net in inference mode as a program of `torch.export`, which needs no code of ours.

    Any number of samples can be given to it. ``torch.export.load(path).module()`` is the net.

    Args:
        net: Any module that torch can trace. For a `Classifier` give its `net`.
        path: The file, by custom ``.pt2``; it is replaced in one step.
        input_shape: Of one sample; by default as many values in a row as the first layer takes. For
            several inputs a shape of each.

    Raises:
        InputError: If the net takes no such samples.
    """
    inputs = tuple(example_inputs(net, input_shape).values())
    samples = {0: torch.export.Dim("samples")}
    shapes = (samples,) * len(inputs)
    program = torch.export.export(in_inference(net), inputs, dynamic_shapes=shapes)
    data = io.BytesIO()
    torch.export.save(program, data)
    write_bytes(Path(path), data.getvalue())
