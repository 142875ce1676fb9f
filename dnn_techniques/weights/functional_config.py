"""A net of several inputs or outputs as Keras describes it: a model of the functional API."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn

from dnn_techniques.errors import InputError
from dnn_techniques.weights.keras_config import (
    Config,
    activate_output,
    check_name,
    entry,
    keras_layer,
)


def functional_config(
    net: nn.Module, input_shapes: Sequence[Sequence[int]], output_activation: str
) -> Config:
    """The configuration of a Keras functional ``Model``, in words that Keras 2 and 3 understand.

    The graph is what the net's `forward` does when it is called: it may call layers, each once, and
    concatenate. An argument ``wide`` of it becomes the input ``wide_input``.

    Args:
        net: Any module.
        input_shapes: Of one sample, for each input.
        output_activation: Name of the activation of each output layer.

    Raises:
        InputError: If `forward` does something else, or Keras has no counterpart of a layer.
    """
    graph, outputs = _traced(net, len(input_shapes))
    placeholders = [node for node in graph.nodes if node.op == "placeholder"]
    shapes = dict(zip(placeholders, input_shapes, strict=False))  # other arguments are not given
    names: dict[fx.Node, str] = {}
    layers: dict[fx.Node, Config] = {}
    for node in _in_keras_order(graph, outputs):
        sources: Sequence[fx.Node] = ()
        settings: Config
        if node.op == "placeholder":
            name = f"{node.target}_input"
            kind, settings = "InputLayer", {"batch_input_shape": [None, *shapes[node]]}
        elif node.op == "call_module":
            name, sources = str(node.target), node.args  # type: ignore[assignment]
            kind, settings = keras_layer(name, net.get_submodule(name))
        elif node.target is torch.cat:
            name, sources = node.name, node.args[0]  # type: ignore[assignment]
            dim = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
            kind, settings = "Concatenate", {"axis": dim}
        else:
            called = getattr(node.target, "__name__", node.target)
            raise InputError(
                f"{type(net).__name__} does {called} beside its layers, where only torch.cat can be"
                " told to Keras; export it as onnx or torch"
            )
        check_name(name)
        if name in names.values():
            raise InputError(f"layer {name} is called twice; export it as onnx or torch")
        names[node] = name
        calls = [[[names[source], 0, 0, {}] for source in sources]] if sources else []
        config = entry(kind, {"name": name, "dtype": "float32", **settings})
        layers[node] = config | {"name": name, "inbound_nodes": calls}
    for node in outputs:
        activate_output(layers[node], output_activation)

    def ends(nodes: Sequence[fx.Node]) -> list[Any]:
        told: list[Any] = [[names[node], 0, 0] for node in nodes]
        return told if len(told) > 1 else told[0]

    return entry(
        "Model",
        {
            "name": "model",
            "layers": list(layers.values()),
            "input_layers": ends([node for node in placeholders if node in layers]),
            "output_layers": ends(outputs),
        },
    )


class _Tracer(fx.Tracer):
    """Follows `forward` down to the layers, ours too, which have no parts."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not isinstance(m, nn.Sequential) and not list(m.children())


def _traced(net: nn.Module, inputs: int) -> tuple[fx.Graph, Sequence[fx.Node]]:
    """What `forward` does with so many inputs, its other arguments None; and its outputs."""
    others = list(inspect.signature(net.forward).parameters)[inputs:]
    try:
        graph = _Tracer().trace(net, concrete_args=dict.fromkeys(others))
        (returned,) = graph.output_node().args
        outputs: Any = returned if isinstance(returned, tuple | list) else (returned,)
        assert all(isinstance(node, fx.Node) for node in outputs)
    except Exception as error:  # whatever a forward does with what stands for its inputs
        raise InputError(
            f"{type(net).__name__} is no fixed graph of layers; export it as onnx or torch"
        ) from error
    return graph, outputs


def _in_keras_order(graph: fx.Graph, outputs: Sequence[fx.Node]) -> list[fx.Node]:
    """As Keras numbers the layers: the farthest from the outputs first, then as found from these.

    Files of Keras tell layers with weights apart by this order alone.
    """
    found: dict[fx.Node, None] = {}

    def find(node: fx.Node) -> None:
        if node not in found:
            found[node] = None
            for source in node.all_input_nodes:
                find(source)

    for node in outputs:
        find(node)
    depth: dict[fx.Node, int] = {}
    for node in reversed(graph.nodes):
        users = [depth[user] for user in node.users if user in found]
        depth[node] = max(users, default=-1) + 1
    return sorted(found, key=lambda node: -depth[node])
