"""Reusing trained layers: copy or share them, freeze them in phases, cache their outputs."""

from dnn_techniques.reuse.caching import CachedOutputs, frozen_prefix
from dnn_techniques.reuse.copying import copy_layers, share_layers
from dnn_techniques.reuse.freezing import Freezing, Phase, freeze

__all__ = [
    "CachedOutputs",
    "Freezing",
    "Phase",
    "copy_layers",
    "freeze",
    "frozen_prefix",
    "share_layers",
]
