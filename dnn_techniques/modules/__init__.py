"""LightningModules that mirror the experiments of the documents."""

from dnn_techniques.modules.activations import LeakyReLUNet, PReLUNet
from dnn_techniques.modules.batch_norm import BNAfterActivation, BNBeforeActivation
from dnn_techniques.modules.binary_classifier import BinaryClassifier
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.modules.depth import ReLU100Layers, SELU100Layers
from dnn_techniques.modules.parameters import ParameterCount, count_parameters

__all__ = [
    "BNAfterActivation",
    "BNBeforeActivation",
    "BinaryClassifier",
    "Classifier",
    "LeakyReLUNet",
    "PReLUNet",
    "ParameterCount",
    "ReLU100Layers",
    "SELU100Layers",
    "count_parameters",
]
