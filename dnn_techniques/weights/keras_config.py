"""The layers of a net as Keras describes them."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import SELU, MCAlphaDropout, MCDropout, StopGradient

Config = dict[str, Any]


def sequential_config(
    layers: Sequence[tuple[str, nn.Module]], input_shape: Sequence[int], output_activation: str
) -> Config:
    """The configuration of a Keras ``Sequential``, in words that Keras 2 and 3 both understand.

    Args:
        layers: Our layers by their names, as `layers_in_a_row` returns them.
        input_shape: Of one sample.
        output_activation: Name of the activation of the last layer, if that is a dense one.

    Raises:
        InputError: If Keras has no counterpart of a layer, or does not take its name.
    """
    names = [name for name, _ in layers]
    for name in names:
        check_name(name)
    free = next(name for name in ("input", "input_layer", "inputs") if name not in names)
    first = {"batch_input_shape": [None, *input_shape], "dtype": "float32", "name": free}
    configs = [entry("InputLayer", first)]
    for name, layer in layers:
        class_name, settings = keras_layer(name, layer)
        configs.append(entry(class_name, {"name": name, "dtype": "float32", **settings}))
    activate_output(configs[-1], output_activation)
    return entry("Sequential", {"name": "sequential", "layers": configs})


def check_name(name: str) -> None:
    """Refuse a layer's name that Keras does not take.

    Raises:
        InputError: If it does not.
    """
    if "/" in name or name.startswith("_"):
        raise InputError(f"layer {name!r}: Keras takes no name with / or a leading _; rename it")


def activate_output(output: Config, activation: str) -> None:
    """Give the entry of an output layer its activation.

    Raises:
        InputError: If it is none of a dense layer, and the activation another than ``linear``.
    """
    if activation == "linear":
        return
    if output["class_name"] != "Dense":
        raise InputError(f"{activation} outputs need a dense layer at the net's end")
    output["config"]["activation"] = activation


def entry(class_name: str, config: Config) -> Config:
    """A layer or model as Keras writes it."""
    module = "keras" if class_name in ("Sequential", "Model") else "keras.layers"
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


def layers_in_a_row(net: nn.Sequential) -> list[tuple[str, nn.Module]]:
    """The layers of a net of nested `nn.Sequential` containers, by name, in order."""
    layers = []
    for name, layer in net.named_children():
        if isinstance(layer, nn.Sequential):
            layers += [(f"{name}.{inner}", module) for inner, module in layers_in_a_row(layer)]
        else:
            layers.append((name, layer))
    return layers


def keras_layer(name: str, layer: nn.Module) -> tuple[str, Config]:
    """Class and settings of the Keras layer that computes the same.

    Raises:
        InputError: If there is none.
    """
    match layer:
        case MCDropout() | MCAlphaDropout():
            raise InputError(
                f"layer {name} drops in predictions too, which no layer of Keras does; put a"
                " Dropout or AlphaDropout in its place"
            )
        case nn.Linear():
            return "Dense", {"units": layer.out_features, "use_bias": layer.bias is not None}
        case nn.BatchNorm1d():
            if layer.momentum is None:
                raise InputError(f"layer {name} averages without momentum, unlike any in Keras")
            return "BatchNormalization", {
                "axis": 1,  # the features of (n, features) and of (n, features, length)
                "momentum": 1 - layer.momentum,
                "epsilon": layer.eps,
                "scale": layer.weight is not None,
                "center": layer.bias is not None,
            }
        case nn.PReLU():
            return "PReLU", {"shared_axes": [1]} if layer.num_parameters == 1 else {}
        case nn.LeakyReLU():
            return "LeakyReLU", {"alpha": layer.negative_slope}
        case nn.RReLU():  # in inference, which is all that Keras can do
            return "LeakyReLU", {"alpha": (layer.lower + layer.upper) / 2}
        case nn.ELU():
            return "ELU", {"alpha": layer.alpha}
        case nn.GELU(approximate="none"):
            return "Activation", {"activation": "gelu"}
        case nn.Softplus(beta=1):
            return "Activation", {"activation": "softplus"}
        case nn.AlphaDropout():
            return "AlphaDropout", {"rate": layer.p}
        case nn.Dropout():
            return "Dropout", {"rate": layer.p}
        case nn.Flatten(start_dim=1, end_dim=-1):
            return "Flatten", {}
    for module, activation in ACTIVATIONS.items():
        if type(layer) is module:
            return "Activation", {"activation": activation}
    raise InputError(
        f"layer {name} ({type(layer).__name__}) has no counterpart in Keras that is known here;"
        " leave it out, or save its weights by keras_arrays"
    )


ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.Identity: "linear",
    StopGradient: "linear",  # in inference
    nn.ReLU: "relu",
    nn.SELU: "selu",
    SELU: "selu",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "swish",
    nn.Softsign: "softsign",
    nn.Tanh: "tanh",
}
