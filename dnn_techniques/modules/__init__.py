"""LightningModules that mirror the experiments of the documents."""

from dnn_techniques.modules.batch_norm import BNAfterActivation, BNBeforeActivation
from dnn_techniques.modules.binary_classifier import BinaryClassifier
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.modules.parameters import ParameterCount, count_parameters

__all__ = [
    "BNAfterActivation",
    "BNBeforeActivation",
    "BinaryClassifier",
    "Classifier",
    "ParameterCount",
    "count_parameters",
]
