"""Calls of the library with one bad argument each."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from dnn_techniques import callbacks, data, layers, optim, reuse

NAN, INF = float("nan"), float("inf")
# Values that are bad for a number above 0, at least 0, a share below 1, a count.
POSITIVE = (0, -1, NAN, INF, -INF)
NOT_NEGATIVE = (-1, NAN, INF, -INF)
SHARE = (-1, 1, 2, NAN, INF)
COUNT = (-1, 1.5, NAN)

Call = tuple[str, Callable[[], Any], str]


def _optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1)


def _of(
    make: Callable[..., Any], argument: str, values: tuple[Any, ...], **good: Any
) -> list[Call]:
    """A call for each bad value; `good` are the other arguments, made when they are needed."""

    def call(value: Any) -> Any:
        others = {name: v() if callable(v) else v for name, v in good.items()}
        return make(**{**others, argument: value})

    name = getattr(make, "__name__", str(make))
    return [(f"{name}({argument}={value})", partial(call, value), argument) for value in values]


def _parameters() -> list[nn.Parameter]:
    return [nn.Parameter(torch.ones(2))]


def _calls() -> list[Call]:
    found: list[Call] = []
    optimizers: tuple[Any, ...] = (
        optim.KerasSGD,
        optim.KerasAdam,
        optim.KerasAdamax,
        optim.KerasNadam,
        optim.KerasRMSprop,
        optim.KerasAdagrad,
        optim.KerasAdadelta,
        optim.Ftrl,
    )
    for make in optimizers:
        found += _of(make, "lr", NOT_NEGATIVE, params=_parameters)
    for make in (optim.KerasAdam, optim.KerasAdamax, optim.KerasNadam):
        found += _of(make, "eps", (-1, NAN), params=_parameters)
        bad = ((0.9,), (0.9, 1.0), (-0.1, 0.9), (NAN, 0.9))
        found += _of(make, "betas", bad[:1], params=_parameters)
        for values, named in zip(bad[1:], ("beta2", "beta1", "beta1"), strict=True):
            call = partial(make, _parameters(), betas=values)
            found.append((f"{make.__name__}(betas={values})", call, named))
    found += _of(optim.KerasSGD, "momentum", SHARE, params=_parameters)
    for make in (optim.KerasRMSprop, optim.KerasAdadelta):
        found += _of(make, "rho", SHARE, params=_parameters)
    found += _of(optim.KerasRMSprop, "momentum", SHARE, params=_parameters)
    for name in ("l1", "l2", "initial_accumulator_value"):
        found += _of(optim.Ftrl, name, NOT_NEGATIVE, params=_parameters)
    found += _of(optim.Exponential, "s", POSITIVE) + _of(optim.Power, "s", POSITIVE)
    found += _of(optim.exponential, "s", POSITIVE, optimizer=_optimizer)
    found += _of(optim.power, "s", POSITIVE, optimizer=_optimizer)
    found += _of(optim.OneCycle, "max_lr", POSITIVE, steps=10)
    found += _of(optim.OneCycle, "steps", (0, -1, 2), max_lr=0.1)
    found += _of(optim.OneCycle, "div_factor", (0, -1, 0.5, NAN, INF), max_lr=0.1, steps=10)
    found += _of(optim.OneCycle, "final_div_factor", (0, -1, 0.5, NAN), max_lr=0.1, steps=10)
    found += _of(optim.OneCycle, "last_steps", (0, -1, 9, 100), max_lr=0.1, steps=10)
    found += _of(optim.one_cycle, "max_lr", POSITIVE, optimizer=_optimizer, steps=10)
    found += _of(optim.reduce_on_plateau, "factor", (0, -1, 1, 2, NAN), optimizer=_optimizer)
    found += _of(optim.reduce_on_plateau, "patience", COUNT, optimizer=_optimizer)
    found += _of(optim.reduce_on_plateau, "min_delta", NOT_NEGATIVE, optimizer=_optimizer)
    found += _of(optim.reduce_on_plateau, "cooldown", COUNT, optimizer=_optimizer)
    found += _of(optim.reduce_on_plateau, "min_lr", NOT_NEGATIVE, optimizer=_optimizer)
    found += _of(optim.reduce_on_plateau, "mode", ("words",), optimizer=_optimizer)
    found += _of(optim.MaxNorm, "max_value", POSITIVE)
    found += _of(optim.Penalty, "l1", NOT_NEGATIVE) + _of(optim.Penalty, "l2", NOT_NEGATIVE)
    for name in ("value", "norm", "global_norm"):
        found += _of(optim.Clipping, name, POSITIVE)
    found += _of(optim.PiecewiseConstant, "boundaries", ((2, 1), (1, 1)), factors=(1, 0.1, 0.01))
    for make in (layers.Dropout, layers.AlphaDropout, layers.MCDropout, layers.MCAlphaDropout):
        found += _of(make, "rate", SHARE)
    found += _of(layers.KerasBatchNorm1d, "decay", SHARE, num_features=3)
    found += _of(layers.KerasBatchNorm1d, "eps", (-1, NAN), num_features=3)
    found += _of(layers.KerasBatchNorm1d, "num_features", (0, -1))
    found += _of(
        layers.MLP, "activation", ("words", "relo"), in_features=4, hidden=(3,), out_features=2
    )
    found += _of(layers.MLP, "norm", ("words",), in_features=4, hidden=(3,), out_features=2)
    found += _of(layers.MLP, "hidden", ((0,), (-1,)), in_features=4, out_features=2)
    found += _of(layers.VarianceScaling, "scale", POSITIVE)
    found += _of(layers.VarianceScaling, "mode", ("words",))
    found += _of(layers.VarianceScaling, "distribution", ("words",))
    found += _of(layers.RandomNormal, "stddev", NOT_NEGATIVE)
    found += _of(layers.Augment, "max_shift", COUNT)
    found += _of(layers.Augment, "max_angle", NOT_NEGATIVE)
    found += _of(layers.Augment, "lighting", NOT_NEGATIVE)
    found += _of(layers.IterativePruning, "share", (-0.1, 1, 2, NAN))
    found += _of(layers.IterativePruning, "rounds", (0, -1), share=0.5)
    found += _of(layers.IterativePruning, "until", (0, -1, 2, NAN), share=0.5)
    found += _of(callbacks.StopAtChecks, "patience", (0, *COUNT))
    found += _of(callbacks.StopAtChecks, "every", (0, *COUNT), patience=1)
    found += _of(callbacks.StopAtChecks, "watched", ("words",), patience=1)
    found += _of(callbacks.early_stopping, "patience", COUNT)
    found += _of(reuse.Phase, "after", COUNT)
    found += _of(reuse.Freezing, "phases", ([],))
    for kind in (data.ImageData, data.TableData):
        found += _of(kind, "batch_size", (0, -1))
    found += _of(data.ImageData, "validation", (0, -1))
    found += _of(data.ImageData, "train", (0, -1)) + _of(data.ImageData, "per_class", (0, -1))
    found += _of(data.ImageData, "classes", ([1, 1], [-1]))
    return found


CALLS = _calls()
