"""LightningModules that mirror the experiments of the documents."""

from dnn_techniques.modules.activations import ActivationNet, LeakyReLUNet, PReLUNet
from dnn_techniques.modules.augmentation import AugmentedNet
from dnn_techniques.modules.batch_norm import BNAfterActivation, BNBeforeActivation, WithoutBN
from dnn_techniques.modules.binary_classifier import BinaryClassifier
from dnn_techniques.modules.calibration import Reliability, reliability
from dnn_techniques.modules.card import (
    BinaryClassifierCard,
    Card,
    ClassifierCard,
    RegressorCard,
)
from dnn_techniques.modules.cifar10 import (
    CIFAR10AlphaDropoutNet,
    CIFAR10BNNet,
    CIFAR10ConvNet,
    CIFAR10MCDropoutNet,
    CIFAR10Net,
    CIFAR10OneCycleNet,
    CIFAR10SELUNet,
)
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.modules.clipping import ClippedNet
from dnn_techniques.modules.depth import ReLU100Layers, SELU100Layers
from dnn_techniques.modules.experiment import Experiment
from dnn_techniques.modules.image_mlp import ImageMLP, PredictingMLP, WarmUpMLP
from dnn_techniques.modules.mc_dropout import MCDropoutNet, MCELUDropoutNet
from dnn_techniques.modules.mnist_batch_norm import MNISTBatchNormNet
from dnn_techniques.modules.mnist_digits import MNISTDigitsNet
from dnn_techniques.modules.mnist_optimizers import (
    MNISTClippedNet,
    MNISTDecayNet,
    MNISTPresetNet,
    MNISTRMSpropNet,
)
from dnn_techniques.modules.mnist_pairs import MNISTPairNet, MNISTTowerNet
from dnn_techniques.modules.mnist_regularization import (
    MNISTDropoutNet,
    MNISTL1Net,
    MNISTMaxNormNet,
)
from dnn_techniques.modules.mnist_reuse import MNISTReuseNet
from dnn_techniques.modules.multilabel import DigitPropertiesNet, MultilabelClassifier
from dnn_techniques.modules.optimizers import OptimizerNet
from dnn_techniques.modules.parameters import ParameterCount, count_parameters
from dnn_techniques.modules.plain_stack import PlainStack
from dnn_techniques.modules.plane import PlaygroundNet, ThresholdUnit
from dnn_techniques.modules.presets import DefaultNet, SelfNormalizingNet
from dnn_techniques.modules.pretraining import Autoencoder, FewLabelsNet
from dnn_techniques.modules.regressor import Regressor
from dnn_techniques.modules.regularization import (
    AlphaDropoutNet,
    DropoutNet,
    L1L2Net,
    L2Net,
    MaxNormNet,
)
from dnn_techniques.modules.schedules import (
    ConstantRate,
    ExponentialSchedule,
    ExponentialScheduleByBatch,
    ExponentialScheduleByEpoch,
    OneCycleMomentumSchedule,
    OneCycleSchedule,
    PerformanceSchedule,
    PiecewiseConstantSchedule,
    PiecewiseConstantScheduleByStep,
    PowerSchedule,
)
from dnn_techniques.modules.search import SearchedMLP
from dnn_techniques.modules.self_normalization import SELUStack
from dnn_techniques.modules.sparse import FTRLNet, PrunedNet, SparseNet
from dnn_techniques.modules.summary import summary
from dnn_techniques.modules.transfer import TaskANet, TaskBNet
from dnn_techniques.modules.weighted_classifier import WeightedClassifier, balanced
from dnn_techniques.modules.wide_deep import (
    AuxiliaryOutputNet,
    RegressionMLP,
    TwoInputsNet,
    WideDeepNet,
)

__all__ = [
    "ActivationNet",
    "AlphaDropoutNet",
    "AugmentedNet",
    "Autoencoder",
    "AuxiliaryOutputNet",
    "BNAfterActivation",
    "BNBeforeActivation",
    "BinaryClassifier",
    "BinaryClassifierCard",
    "CIFAR10AlphaDropoutNet",
    "CIFAR10BNNet",
    "CIFAR10ConvNet",
    "CIFAR10MCDropoutNet",
    "CIFAR10Net",
    "CIFAR10OneCycleNet",
    "CIFAR10SELUNet",
    "Card",
    "Classifier",
    "ClassifierCard",
    "ClippedNet",
    "ConstantRate",
    "DefaultNet",
    "DigitPropertiesNet",
    "DropoutNet",
    "Experiment",
    "ExponentialSchedule",
    "ExponentialScheduleByBatch",
    "ExponentialScheduleByEpoch",
    "FTRLNet",
    "FewLabelsNet",
    "ImageMLP",
    "L1L2Net",
    "L2Net",
    "LeakyReLUNet",
    "MCDropoutNet",
    "MCELUDropoutNet",
    "MNISTBatchNormNet",
    "MNISTClippedNet",
    "MNISTDecayNet",
    "MNISTDigitsNet",
    "MNISTDropoutNet",
    "MNISTL1Net",
    "MNISTMaxNormNet",
    "MNISTPairNet",
    "MNISTPresetNet",
    "MNISTRMSpropNet",
    "MNISTReuseNet",
    "MNISTTowerNet",
    "MaxNormNet",
    "MultilabelClassifier",
    "OneCycleMomentumSchedule",
    "OneCycleSchedule",
    "OptimizerNet",
    "PReLUNet",
    "ParameterCount",
    "PerformanceSchedule",
    "PiecewiseConstantSchedule",
    "PiecewiseConstantScheduleByStep",
    "PlainStack",
    "PlaygroundNet",
    "PowerSchedule",
    "PredictingMLP",
    "PrunedNet",
    "ReLU100Layers",
    "RegressionMLP",
    "Regressor",
    "RegressorCard",
    "Reliability",
    "SELU100Layers",
    "SELUStack",
    "SearchedMLP",
    "SelfNormalizingNet",
    "SparseNet",
    "TaskANet",
    "TaskBNet",
    "ThresholdUnit",
    "TwoInputsNet",
    "WarmUpMLP",
    "WeightedClassifier",
    "WideDeepNet",
    "WithoutBN",
    "balanced",
    "count_parameters",
    "reliability",
    "summary",
]
