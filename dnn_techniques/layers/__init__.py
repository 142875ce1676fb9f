"""Layers and initializers, exact to Keras."""

from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.initializers import (
    VarianceScaling,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)
from dnn_techniques.layers.mlp import MLP

__all__ = [
    "MLP",
    "KerasBatchNorm1d",
    "VarianceScaling",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
]
