"""What the fast loop cannot do, and leaves to Lightning's own."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.loops.fetchers import _DataLoaderIterDataFetcher
from pytorch_lightning.plugins.precision import DoublePrecision, Precision
from pytorch_lightning.profilers import PassThroughProfiler
from pytorch_lightning.strategies import SingleDeviceStrategy

# Hooks within a training step that the fast loop does not call.
SKIPPED = (
    "backward",
    "lr_scheduler_step",
    "on_after_backward",
    "on_after_batch_transfer",
    "on_before_backward",
    "on_before_batch_transfer",
    "on_before_optimizer_step",
    "on_before_zero_grad",
    "optimizer_zero_grad",
    "transfer_batch_to_device",
)


def why_plain(trainer: pl.Trainer, device: str) -> str | None:
    """Why a training cannot go through the fast loop, None if it can.

    Args:
        trainer: Ready to fit.
        device: Type of the device that the engine is for, ``cpu`` or ``cuda``.
    """
    module, profiler = trainer.lightning_module, trainer.profiler  # type: ignore[attr-defined]
    strategy, precision = trainer.strategy, trainer.precision_plugin
    if not isinstance(strategy, SingleDeviceStrategy) or trainer.world_size > 1:
        return f"{type(strategy).__name__} trains on several devices"
    if strategy.root_device.type != device:
        return f"it is for {device}, and this is {strategy.root_device.type}"
    if type(precision) not in (Precision, DoublePrecision):
        return f"precision {trainer.precision}"
    if module._compiler_ctx is not None:
        return f"{type(module).__name__} is compiled"
    if not module.automatic_optimization:
        return f"{type(module).__name__} optimizes manually"
    if len(trainer.optimizers) != 1:
        return f"there are {len(trainer.optimizers)} optimizers"
    if isinstance(trainer.optimizers[0], torch.optim.LBFGS):
        return "LBFGS asks for several gradients in a step"
    if trainer.fit_loop._skip_backward:
        return "an epoch only passes through the data, and makes no steps"
    if trainer.accumulate_grad_batches != 1:
        return f"gradients of {trainer.accumulate_grad_batches} batches are accumulated"
    if not isinstance(profiler, PassThroughProfiler) or trainer._detect_anomaly:
        return "the steps are profiled or searched for anomalies"
    if isinstance(trainer.fit_loop._data_fetcher, _DataLoaderIterDataFetcher):
        return "training_step takes an iterator"
    return _why_hooks(trainer) or _why_schedules(trainer)


def overridden(owner: object, base: type, name: str) -> bool:
    """Whether a callback, module or DataModule has its own hook `name`."""
    hook = getattr(owner, name, None)
    return getattr(hook, "__func__", hook) is not getattr(base, name, None)


def _why_hooks(trainer: pl.Trainer) -> str | None:
    """Which hook of a step somebody wants to be called."""
    owners: list[tuple[object, type]] = [(c, pl.Callback) for c in trainer.callbacks]  # type: ignore[attr-defined]
    owners.append((trainer.lightning_module, pl.LightningModule))
    if (data := trainer.datamodule) is not None:  # type: ignore[attr-defined]
        owners.append((data, pl.LightningDataModule))
    for owner, base in owners:
        for name in SKIPPED:
            if overridden(owner, base, name):
                return f"{type(owner).__name__} has the hook {name}"
    return None


def _why_schedules(trainer: pl.Trainer) -> str | None:
    for config in trainer.lr_scheduler_configs:
        if config.interval == "step" and (config.frequency != 1 or config.reduce_on_plateau):
            return "a schedule counts steps in another way than one by one"
    return None
