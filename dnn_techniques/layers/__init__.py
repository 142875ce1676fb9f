"""Layers, activations, initializers and what is done to trained layers, exact to Keras."""

from dnn_techniques.layers.activations import (
    ACTIVATIONS,
    Activation,
    activation_table,
    derivative,
    make_activation,
)
from dnn_techniques.layers.augmentation import Augment
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.bounded import Bounded, make_output
from dnn_techniques.layers.dead_units import dead_units
from dnn_techniques.layers.dense import Dense
from dnn_techniques.layers.dropout import (
    AlphaDropout,
    Dropout,
    MCAlphaDropout,
    MCDropout,
    mc_dropout,
)
from dnn_techniques.layers.elu import ELU, SELU, SELU_ALPHA, SELU_SCALE
from dnn_techniques.layers.folding import fold_batch_norm
from dnn_techniques.layers.initializers import (
    INITIALIZERS,
    VarianceScaling,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)
from dnn_techniques.layers.iterative_pruning import IterativePruning
from dnn_techniques.layers.layer_signals import LayerSignals, layer_signals
from dnn_techniques.layers.mc_model import mc_model
from dnn_techniques.layers.mc_predict import MCPrediction, mc_predict
from dnn_techniques.layers.mlp import MLP
from dnn_techniques.layers.named_layers import choose_layers, named_layers
from dnn_techniques.layers.other_initializers import (
    IdentityKernel,
    Orthogonal,
    RandomNormal,
    RandomUniform,
)
from dnn_techniques.layers.perceptron import LOGIC, Perceptron, heaviside
from dnn_techniques.layers.self_normalization import (
    SignalStatistics,
    self_normalization,
    signal_statistics,
)
from dnn_techniques.layers.skip_connection import SkipConnection
from dnn_techniques.layers.sparsity import (
    SparsityReport,
    accuracy_against_sparsity,
    prune_below,
    prune_to_fraction,
    sparsity_report,
)
from dnn_techniques.layers.stop_gradient import StopGradient

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "INITIALIZERS",
    "LOGIC",
    "MLP",
    "SELU",
    "SELU_ALPHA",
    "SELU_SCALE",
    "Activation",
    "AlphaDropout",
    "Augment",
    "Bounded",
    "Dense",
    "Dropout",
    "IdentityKernel",
    "IterativePruning",
    "KerasBatchNorm1d",
    "LayerSignals",
    "MCAlphaDropout",
    "MCDropout",
    "MCPrediction",
    "Orthogonal",
    "Perceptron",
    "RandomNormal",
    "RandomUniform",
    "SignalStatistics",
    "SkipConnection",
    "SparsityReport",
    "StopGradient",
    "VarianceScaling",
    "accuracy_against_sparsity",
    "activation_table",
    "choose_layers",
    "dead_units",
    "derivative",
    "fold_batch_norm",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "heaviside",
    "layer_signals",
    "lecun_normal",
    "lecun_uniform",
    "make_activation",
    "make_output",
    "mc_dropout",
    "mc_model",
    "mc_predict",
    "named_layers",
    "prune_below",
    "prune_to_fraction",
    "self_normalization",
    "signal_statistics",
    "sparsity_report",
]
