"""A net's weights in a safetensors file: names and numbers, no code."""

from os import PathLike
from pathlib import Path

from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_bytes
from dnn_techniques.weights.optional import need


def save_safetensors(net: nn.Module, path: str | PathLike[str]) -> None:
    """Write the `state_dict` of a net, for any reader of safetensors.

    Args:
        net: Any module. For a `Classifier` give its `net`.
        path: The file, by custom ``.safetensors``; it is replaced in one step.

    Raises:
        InputError: If safetensors is not installed.

    Example::

        save_safetensors(module.net, "net.safetensors")
        other.load_state_dict(safetensors.torch.load_file("net.safetensors"))
    """
    library = need("safetensors.torch", "safetensors")
    # Copies: tensors that share their memory are refused.
    tensors = {name: value.cpu().clone() for name, value in net.state_dict().items()}
    write_bytes(Path(path), library.save(tensors, metadata={"format": "pt"}))


def load_safetensors(net: nn.Module, path: str | PathLike[str]) -> None:
    """Give a net the weights of a safetensors file: all of them, or none.

    Args:
        net: Any module, with the names and shapes of the file's tensors.
        path: The file.

    Raises:
        InputError: If safetensors is not installed, or the file is damaged, another net's or holds
            numbers that are not finite.
    """
    library = need("safetensors.torch", "safetensors")
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    try:
        tensors = library.load_file(path)
    except Exception as error:  # the library's own, or what a damaged header leads to
        raise InputError(f"{path} is damaged or no safetensors file ({error})") from error
    own = net.state_dict()
    for name in own.keys() | tensors.keys():
        theirs, ours = (tuple(s[name].shape) if name in s else "not there" for s in (tensors, own))
        if theirs != ours:
            raise InputError(f"{path}: {name} is {theirs}, in the net {ours}; make them alike")
        if not tensors[name].isfinite().all():
            raise InputError(f"{path}: {name} is not finite, the training diverged; take another")
    net.load_state_dict(tensors)
