"""The activation functions of the chapter: a registry that lists itself, and their derivatives.

Chapter 11, "Nonsaturating Activation Functions" and table "Initialization parameters for each type
of activation function". Every function is torch's own module, but for ELU and SELU; what is chosen
here are the arguments with which Keras and the book use it, and the initializer that goes with it.
The chapter names softplus in passing and the last three not at all: they get the initializer of the
function that they are a smooth form of, ReLU or tanh.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dnn_techniques.layers.elu import ELU, SELU, SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.initializers import (
    INITIALIZERS,
    VarianceScaling,
    glorot_uniform,
    he_normal,
    lecun_normal,
)


@dataclass(frozen=True)
class Activation:
    """One entry of the registry.

    Attributes:
        name: Key in `ACTIVATIONS`.
        formula: Value at z, as text.
        paper: Where the function comes from.
        initializer: Initializer of the kernel before it, after the book's table.
        make: Makes the module for a layer with this number of units.
    """

    name: str
    formula: str
    paper: str
    initializer: VarianceScaling
    make: Callable[[int], nn.Module]


_LEAKY_PAPER = "Maas, Hannun & Ng 2013"
_RANDOMIZED_PAPER = "Xu et al. 2015, arXiv:1505.00853"

ACTIVATIONS: dict[str, Activation] = {
    a.name: a
    for a in (
        Activation("linear", "z", "none", glorot_uniform, lambda _: nn.Identity()),
        Activation(
            "sigmoid",
            "1 / (1 + exp(-z))",
            "Rumelhart, Hinton & Williams 1986",
            glorot_uniform,
            lambda _: nn.Sigmoid(),
        ),
        Activation(
            "tanh",
            "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
            'LeCun et al. 1998, "Efficient BackProp"',
            glorot_uniform,
            lambda _: nn.Tanh(),
        ),
        Activation("relu", "max(0, z)", "Nair & Hinton 2010", he_normal, lambda _: nn.ReLU()),
        Activation(
            "leaky_relu",  # 0.3 is the default of Keras, torch has 0.01
            "max(0.3 z, z)",
            _LEAKY_PAPER,
            he_normal,
            lambda _: nn.LeakyReLU(0.3),
        ),
        Activation(
            "leaky_relu_0.01",
            "max(0.01 z, z)",
            _LEAKY_PAPER,
            he_normal,
            lambda _: nn.LeakyReLU(0.01),
        ),
        Activation(
            "leaky_relu_0.2",
            "max(0.2 z, z)",
            _RANDOMIZED_PAPER,
            he_normal,
            lambda _: nn.LeakyReLU(0.2),
        ),
        Activation(
            "rrelu",
            "max(a z, z), a from U(1/8, 1/3) in training, 11/48 otherwise",
            _RANDOMIZED_PAPER,
            he_normal,
            lambda _: nn.RReLU(1 / 8, 1 / 3),
        ),
        Activation(
            "prelu",  # torch's default is one shared a that starts at 0.25
            "z if z > 0 else a z, one a per unit, learned from 0",
            "He et al. 2015, arXiv:1502.01852",
            he_normal,
            lambda units: nn.PReLU(units, init=0),
        ),
        Activation(
            "elu",
            "z if z > 0 else exp(z) - 1",
            "Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289",
            he_normal,
            lambda _: ELU(),
        ),
        Activation(
            "selu",
            f"{SELU_SCALE:.4f} (z if z > 0 else {SELU_ALPHA:.4f} (exp(z) - 1))",
            "Klambauer et al. 2017, arXiv:1706.02515",
            lecun_normal,
            lambda _: SELU(),
        ),
        Activation(
            "softplus",
            "log(1 + exp(z))",
            "Dugas et al. 2001, NIPS 13",
            he_normal,
            lambda _: nn.Softplus(),
        ),
        Activation(
            "softsign",
            "z / (1 + |z|)",
            "Bergstra et al. 2009",
            glorot_uniform,
            lambda _: nn.Softsign(),
        ),
        Activation(
            "gelu",  # Keras's default, not the approximation by tanh
            "z P(Z < z), Z standard normal",
            "Hendrycks & Gimpel 2016, arXiv:1606.08415",
            he_normal,
            lambda _: nn.GELU(),
        ),
        Activation(
            "swish",
            "z / (1 + exp(-z))",
            "Ramachandran, Zoph & Le 2017, arXiv:1710.05941",
            he_normal,
            lambda _: nn.SiLU(),
        ),
    )
}


def make_activation(name: str, units: int) -> nn.Module:
    """Make a new activation for a layer.

    Args:
        name: A key of `ACTIVATIONS`.
        units: Width of the layer; PReLU has one parameter for each.

    Returns:
        A module that maps (n, units) to (n, units), elementwise.

    Raises:
        ValueError: If the name is unknown or `units` is below 1.

    Example:
        >>> make_activation("prelu", 300)
        PReLU(num_parameters=300)
    """
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    if name not in ACTIVATIONS:
        close = difflib.get_close_matches(name, ACTIVATIONS)
        hint = f", did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}{hint}")
    return ACTIVATIONS[name].make(units)


def activation_table() -> str:
    """List the registry as text, one activation a line: name, formula, initializer, paper.

    Example:
        >>> print(activation_table().splitlines()[3])
        relu: max(0, z) [he_normal; Nair & Hinton 2010]
    """
    names = {initializer: name for name, initializer in INITIALIZERS.items()}
    return "\n".join(
        f"{a.name}: {a.formula} [{names[a.initializer]}; {a.paper}]" for a in ACTIVATIONS.values()
    )


def derivative(activation: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """Differentiate an elementwise function at each value of `z`, by automatic differentiation.

    At a kink torch's choice of subgradient is returned (0 for ReLU at 0).

    Args:
        activation: The function; put an RReLU into `eval()` first, or its slopes are random.
        z: Points, any shape that the activation takes.

    Returns:
        The derivative, in the shape of `z`.

    Example:
        >>> derivative(nn.LeakyReLU(0.3), torch.tensor([-2.0, 2.0]))
        tensor([0.3000, 1.0000])
    """
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        return torch.autograd.grad(activation(z).sum(), z)[0]
