"""The optimizers by name, with Keras's defaults except for the learning rate."""

from collections.abc import Callable
from functools import partial

from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT

from dnn_techniques.errors import near
from dnn_techniques.optim.adadelta import KerasAdadelta
from dnn_techniques.optim.adagrad import KerasAdagrad
from dnn_techniques.optim.adam import KerasAdam
from dnn_techniques.optim.adamax import KerasAdamax
from dnn_techniques.optim.ftrl import Ftrl
from dnn_techniques.optim.nadam import KerasNadam
from dnn_techniques.optim.rmsprop import KerasRMSprop
from dnn_techniques.optim.sgd import KerasSGD

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": KerasSGD,
    "momentum": partial(KerasSGD, momentum=0.9),
    "nesterov": partial(KerasSGD, momentum=0.9, nesterov=True),
    "adagrad": KerasAdagrad,
    "rmsprop": KerasRMSprop,
    "adam": KerasAdam,
    "adamax": KerasAdamax,
    "nadam": KerasNadam,
    "adadelta": KerasAdadelta,
    "ftrl": Ftrl,
}


def make_optimizer(name: str, params: ParamsT, lr: float) -> Optimizer:
    """Make an optimizer.

    Args:
        name: A key of `OPTIMIZERS`.
        params: Parameters or parameter groups.
        lr: Learning rate.

    Raises:
        ValueError: If the name is unknown or the rate out of range.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {name!r}: {near(name, OPTIMIZERS)}")
    return OPTIMIZERS[name](params, lr=lr)
