"""Optimizers, schedules, clipping, penalties, constraints and the learning-rate range test."""

from dnn_techniques.optim.adadelta import KerasAdadelta
from dnn_techniques.optim.adagrad import KerasAdagrad
from dnn_techniques.optim.adam import KerasAdam
from dnn_techniques.optim.adamax import KerasAdamax
from dnn_techniques.optim.clipping import (
    Clipping,
    clip_by_global_norm,
    clip_by_norm_per_variable,
    clip_by_value,
)
from dnn_techniques.optim.constraints import MaxNorm
from dnn_techniques.optim.ftrl import Ftrl
from dnn_techniques.optim.lr_range_test import LRRangeTest, lr_range_test
from dnn_techniques.optim.nadam import KerasNadam
from dnn_techniques.optim.one_cycle import OneCycle, one_cycle
from dnn_techniques.optim.penalties import Penalty
from dnn_techniques.optim.plateau import reduce_on_plateau
from dnn_techniques.optim.plot_schedules import plot_schedules
from dnn_techniques.optim.registry import OPTIMIZERS, make_optimizer
from dnn_techniques.optim.rmsprop import KerasRMSprop, TF1RMSprop
from dnn_techniques.optim.schedules import (
    Exponential,
    PiecewiseConstant,
    Power,
    exponential,
    piecewise_constant,
    power,
)
from dnn_techniques.optim.sgd import KerasSGD

__all__ = [
    "OPTIMIZERS",
    "Clipping",
    "Exponential",
    "Ftrl",
    "KerasAdadelta",
    "KerasAdagrad",
    "KerasAdam",
    "KerasAdamax",
    "KerasNadam",
    "KerasRMSprop",
    "KerasSGD",
    "LRRangeTest",
    "MaxNorm",
    "OneCycle",
    "Penalty",
    "PiecewiseConstant",
    "Power",
    "TF1RMSprop",
    "clip_by_global_norm",
    "clip_by_norm_per_variable",
    "clip_by_value",
    "exponential",
    "lr_range_test",
    "make_optimizer",
    "one_cycle",
    "piecewise_constant",
    "plot_schedules",
    "power",
    "reduce_on_plateau",
]
