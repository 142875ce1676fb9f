"""Which weights penalties and constraints act on."""

from fnmatch import fnmatchcase

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd


def kernels(module: nn.Module, pattern: str = "*") -> list[Tensor]:
    """Weights of the dense and convolution layers in `module` whose names match `pattern`.

    Biases and batch normalization are left out, as with Keras's ``kernel_regularizer`` and
    ``kernel_constraint``.

    >>> net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    >>> [tuple(kernel.shape) for kernel in kernels(net)]
    [(2, 3), (1, 2)]
    >>> [tuple(kernel.shape) for kernel in kernels(net, "0")]
    [(2, 3)]

    Args:
        module: Net to look through, itself included.
        pattern: Shell pattern (``*``, ``?``, ``[...]``) for the names of `named_modules`.

    Raises:
        ValueError: If no layer matches: a misspelled pattern would have no visible effect.
    """
    layers = {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear | _ConvNd)
    }
    # A dictionary, so that a weight that two layers share counts once.
    matching = {
        id(layer.weight): layer.weight
        for name, layer in layers.items()
        if fnmatchcase(name, pattern)
    }
    if not matching:
        raise ValueError(
            f"pattern must match a dense or convolution layer, got {pattern!r} "
            f"where the layers are {list(layers)}"
        )
    return list(matching.values())
