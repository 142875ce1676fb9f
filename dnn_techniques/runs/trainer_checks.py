"""Options of the Trainer with which it would wait, crash or divide by zero."""

import os
import re
from datetime import timedelta

from jsonargparse import Namespace

from dnn_techniques.errors import InputError

MOST = 1_000_000_000  # batches that PyTorch can count
ABOVE_0 = ("accumulate_grad_batches", "check_val_every_n_epoch", "val_check_interval")
ONE_WAY = ("ddp_spawn", "ddp_fork", "ddp_notebook")  # strategies that train a copy elsewhere


def check_trainer(trainer: Namespace) -> None:
    """Refuse them.

    Raises:
        InputError: If there is one.
    """
    for name in ABOVE_0:
        value = trainer[name]
        if isinstance(value, int | float) and value <= 0:
            raise InputError(f"--trainer.{name} must be above 0, got {value}")
    if trainer.gradient_clip_val is not None and trainer.gradient_clip_val < 0:
        raise InputError(
            f"--trainer.gradient_clip_val must be at least 0, got {trainer.gradient_clip_val}"
        )
    if trainer.barebones:
        raise InputError("--trainer.barebones writes no figures; give --trainer.fast_dev_run true")
    _check_strategy(trainer.strategy)
    if trainer.num_nodes < 1:
        raise InputError(f"--trainer.num_nodes must be at least 1, got {trainer.num_nodes}")
    if trainer.num_nodes > 1 and "MASTER_ADDR" not in os.environ:
        raise InputError(
            f"--trainer.num_nodes {trainer.num_nodes}: nobody says where the others are; leave it"
            " out, or set MASTER_ADDR and MASTER_PORT"
        )
    devices, cpus = str(trainer.devices), os.cpu_count() or 1
    if trainer.accelerator == "cpu" and devices.isdigit() and int(devices) > cpus:
        raise InputError(f"--trainer.devices must be at most {cpus}, the CPUs here, got {devices}")
    if trainer.accumulate_grad_batches > MOST:
        raise InputError(
            f"--trainer.accumulate_grad_batches must be at most {MOST}, got"
            f" {trainer.accumulate_grad_batches}"
        )
    if trainer.max_time is not None:
        _check_time(trainer.max_time)


def _check_strategy(strategy: str | Namespace) -> None:
    if isinstance(strategy, str):
        one_way = strategy.startswith(ONE_WAY)
        name = strategy
    else:
        name = strategy.class_path.rpartition(".")[2]
        start = (strategy.get("init_args") or {}).get("start_method")
        one_way = start not in (None, "popen")
    if one_way:
        raise InputError(
            f"--trainer.strategy {name}: its processes hand back no optimizer and no figures; give"
            " ddp"
        )


def _check_time(time: str | dict[str, int]) -> None:
    if isinstance(time, str):
        if not re.fullmatch(r"\d+(:\d\d){3}", time):
            raise InputError(
                "--trainer.max_time must be days, hours, minutes and seconds, as 00:01:30:00, got"
                f" {time}"
            )
        names = ("days", "hours", "minutes", "seconds")
        parts = dict(zip(names, map(int, time.split(":")), strict=True))
    else:
        parts = dict(time)
    try:
        span = timedelta(**parts)
    except OverflowError as error:
        raise InputError(f"--trainer.max_time {time} is longer than can be counted") from error
    if not span:
        raise InputError(f"--trainer.max_time {time} leaves no time to train")
