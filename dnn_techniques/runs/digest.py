"""A net's weights as a number to compare."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def digest_of_weights(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and values of a state dictionary, in its order.

    >>> digest_of_weights({"w": torch.zeros(2)}) == digest_of_weights({"w": -torch.zeros(2)})
    False
    """
    sha = hashlib.sha256()
    for name, value in weights.items():
        sha.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
        sha.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()
